// What the tests of a convolution's gradients share: the definition, as a sum in double that scatters what the forward
// pass multiplies, and as the terms of each element in the order of the contract.
#pragma once

#include "narrow/conv_backward.hpp"
#include "support/conv_reference.hpp"

namespace narrow_test {

using terms = std::vector<double>;

// Every `step`th geometry of the cross, and of the same with strides of 3.
template <class Body>
void for_each_stride(std::size_t step, const Body& body) {
  for_each_problem(step, [&](conv_problem p) {
    body(p);
    if (p.geometry.stride_h == 1 || testing::Test::HasFatalFailure()) return;
    p.geometry.stride_h = 3;
    SCOPED_TRACE(p);
    if (p.has_room()) body(p);
  });
}

// A tensor as doubles, in the order image, row, column, channel, by value(n, h, w, c).
struct reals {
  extents4 extents;
  terms values;
  double& operator()(std::size_t n, std::size_t h, std::size_t w, std::size_t c) {
    return values[((n * extents[1] + h) * extents[2] + w) * extents[3] + c];
  }
};
inline reals zeros(const extents4& extents) {
  return {extents, terms(extents[0] * extents[1] * extents[2] * extents[3])};
}
template <class Value>
reals reals_of(const extents4& extents, const Value& value) {
  reals result{extents, {}};
  for (std::size_t n = 0; n < extents[0]; ++n) {
    for (std::size_t h = 0; h < extents[1]; ++h) {
      for (std::size_t w = 0; w < extents[2]; ++w) {
        for (std::size_t c = 0; c < extents[3]; ++c) result.values.push_back(value(n, h, w, c));
      }
    }
  }
  return result;
}
template <class T>
reals factors_of(const narrow::tensor_view<T, 4>& x, const conv_problem& p, const extents4& extents) {
  return reals_of(extents, [&](auto n, auto h, auto w, auto c) {
    return factor_of(std::remove_cv_t<T>(at(x, p.geometry.layout, n, h, w, c)));
  });
}
inline extents4 of_image(const conv_problem& p) { return {p.images, p.height, p.width, p.channels}; }
inline extents4 of_kernel(const conv_problem& p) {
  return {p.outputs, p.kernel_height, p.kernel_width, p.group_channels()};
}
inline extents4 of_output(const conv_problem& p) { return {p.images, p.out_height(), p.out_width(), p.outputs}; }

// body(n, i, j, o, r, s, c, h, w, inside) for each product of the forward pass, padding included.
template <class Body>
void for_each_product(const conv_problem& p, const Body& body) {
  const auto& g = p.geometry;
  for (std::size_t n = 0; n < p.images; ++n) {
    for (std::size_t i = 0; i < p.out_height(); ++i) {
      for (std::size_t j = 0; j < p.out_width(); ++j) {
        for (std::size_t o = 0; o < p.outputs; ++o) {
          for (std::size_t r = 0; r < p.kernel_height; ++r) {
            for (std::size_t s = 0; s < p.kernel_width; ++s) {
              for (std::size_t c = 0; c < p.group_channels(); ++c) {
                const std::size_t h = i * g.stride_h + r * g.dilation_h, w = j * g.stride_w + s * g.dilation_w;
                const bool inside =
                    h >= g.pad_top && w >= g.pad_left && h < p.height + g.pad_top && w < p.width + g.pad_left;
                body(n, i, j, o, r, s, c, h - g.pad_top, w - g.pad_left, inside);
              }
            }
          }
        }
      }
    }
  }
}
inline std::size_t channel(const conv_problem& p, std::size_t o, std::size_t c) {
  return o / (p.outputs / p.geometry.groups) * p.group_channels() + c;
}

// ---- to the data --------------------------------------------------------------------------------------------------

// check(n, h, w, c, terms of dy, terms of the kernel, exact sum, sum of magnitudes) for each element of dx.
template <class Check>
void for_each_of_dx(const conv_problem& p, reals dy, reals w, const Check& check) {
  const auto& g = p.geometry;
  reals exact = zeros(of_image(p)), magnitude = exact;
  for_each_product(p, [&](auto n, auto i, auto j, auto o, auto r, auto s, auto c, auto h, auto v, bool inside) {
    if (!inside) return;
    const double product = dy(n, i, j, o) * w(o, r, s, c);
    exact(n, h, v, channel(p, o, c)) += product;
    magnitude(n, h, v, channel(p, o, c)) += std::fabs(product);
  });
  // The pixel of dy that a tap of a pixel of dx meets, or that there is none; it may lie beyond the edge.
  const auto meets = [](std::size_t at, std::size_t pad, std::size_t tap, std::size_t dilation, std::size_t stride,
                        long& place) {
    const long numerator = static_cast<long>(at + pad) - static_cast<long>(tap * dilation);
    place = numerator / static_cast<long>(stride);
    return numerator % static_cast<long>(stride) == 0;
  };
  const std::size_t per_group = p.outputs / g.groups;
  terms a, b;
  for (std::size_t n = 0; n < p.images; ++n) {
    for (std::size_t h = 0; h < p.height; ++h) {
      for (std::size_t v = 0; v < p.width; ++v) {
        for (std::size_t c = 0; c < p.channels; ++c) {
          a.clear(), b.clear();
          for (std::size_t r = p.kernel_height; r-- > 0;) {
            for (std::size_t s = p.kernel_width; s-- > 0;) {
              long i = 0, j = 0;
              if (!meets(h, g.pad_top, r, g.dilation_h, g.stride_h, i)) continue;
              if (!meets(v, g.pad_left, s, g.dilation_w, g.stride_w, j)) continue;
              const bool inside =
                  i >= 0 && j >= 0 && i < static_cast<long>(p.out_height()) && j < static_cast<long>(p.out_width());
              for (std::size_t k = 0; k < per_group; ++k) {
                const std::size_t o = c / p.group_channels() * per_group + k;
                a.push_back(inside ? dy(n, static_cast<std::size_t>(i), static_cast<std::size_t>(j), o) : 0.0);
                b.push_back(w(o, r, s, c % p.group_channels()));
              }
            }
          }
          check(n, h, v, c, a, b, exact(n, h, v, c), magnitude(n, h, v, c));
          if (testing::Test::HasFatalFailure()) return;
        }
      }
    }
  }
}

template <class A, class B, class Y, class Check>
void check_data(const conv_problem& p, const Check& check) {
  generator random(p.kernel_height * 100 + p.channels);
  const gapped<A> dy(output_extents(p), random);
  const gapped<B> w(kernel_extents(p), random);
  const gapped<Y> dx(image_extents(p));
  narrow::conv2d_backward_data(dy.view(), w.view(), dx.view(), p.geometry);
  EXPECT_TRUE(dx.canaries_live());
  for_each_of_dx(p, factors_of(dy.view(), p, of_output(p)), factors_of(w.view(), p, of_kernel(p)),
                 [&](auto n, auto h, auto v, auto c, const terms& a, const terms& b, double exact, double magnitude) {
                   SCOPED_TRACE(testing::Message() << n << ", " << h << ", " << v << ", " << c);
                   check(at(dx.view(), p.geometry.layout, n, h, v, c), a, b, exact, magnitude);
                 });
}

// ---- to the weights -----------------------------------------------------------------------------------------------

// check(o, r, s, c, terms of dy, terms of x, exact sum, sum of magnitudes) for each element of dw.
template <class Check>
void for_each_of_dw(const conv_problem& p, reals x, reals dy, const Check& check) {
  reals places = zeros(of_kernel(p));
  std::vector<terms> a(places.values.size()), b(a.size());
  for_each_product(p, [&](auto n, auto i, auto j, auto o, auto r, auto s, auto c, auto h, auto v, bool inside) {
    const auto place = static_cast<std::size_t>(&places(o, r, s, c) - places.values.data());
    a[place].push_back(dy(n, i, j, o));
    b[place].push_back(inside ? x(n, h, v, channel(p, o, c)) : 0.0);
  });
  std::size_t place = 0;
  for (std::size_t o = 0; o < p.outputs; ++o) {
    for (std::size_t r = 0; r < p.kernel_height; ++r) {
      for (std::size_t s = 0; s < p.kernel_width; ++s) {
        for (std::size_t c = 0; c < p.group_channels(); ++c, ++place) {
          double exact = 0, magnitude = 0;
          for (std::size_t k = 0; k < a[place].size(); ++k) {
            exact += a[place][k] * b[place][k], magnitude += std::fabs(a[place][k] * b[place][k]);
          }
          check(o, r, s, c, a[place], b[place], exact, magnitude);
          if (testing::Test::HasFatalFailure()) return;
        }
      }
    }
  }
}

template <class A, class B, class Y, class Check>
void check_weights(const conv_problem& p, const Check& check) {
  generator random(p.kernel_width * 100 + p.channels);
  const gapped<A> x(image_extents(p), random);
  const gapped<B> dy(output_extents(p), random);
  const gapped<Y> dw(kernel_extents(p));
  narrow::conv2d_backward_weights(x.view(), dy.view(), dw.view(), p.geometry);
  EXPECT_TRUE(dw.canaries_live());
  for_each_of_dw(p, factors_of(x.view(), p, of_image(p)), factors_of(dy.view(), p, of_output(p)),
                 [&](auto o, auto r, auto s, auto c, const terms& a, const terms& b, double exact, double magnitude) {
                   SCOPED_TRACE(testing::Message() << o << ", " << r << ", " << s << ", " << c);
                   check(at(dw.view(), p.geometry.layout, o, r, s, c), a, b, exact, magnitude);
                 });
}

// ---- schemes ------------------------------------------------------------------------------------------------------

template <class T>
narrow::affine random_affine(narrow::granularity axis, std::size_t count, generator& random) {
  std::vector<float> scales;
  std::vector<std::int32_t> zero_points;
  for (std::size_t i = 0; i < count; ++i) {
    scales.push_back(std::uniform_real_distribution<float>(0.001F, 0.3F)(random));
    zero_points.push_back(static_cast<std::int32_t>(code_of(random_element<T>(random))));
  }
  return narrow::affine(axis, scales, zero_points);
}
template <class T>
auto random_quantized(const extents4& extents, const narrow::affine& scheme, generator& random) {
  narrow::quantized_tensor<T, 4, narrow::affine> result(extents, scheme);
  const auto codes = result.codes();
  for (std::size_t i = 0; i < codes.size(); ++i) codes.data()[i] = random_element<T>(random);
  return result;
}
inline float rounded(float x) {
  volatile float result = x;  // neither wider nor contracted
  return result;
}

}  // namespace narrow_test
