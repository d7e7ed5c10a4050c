// What the tests of convolutions share: the definition as seven loops, images in both layouts with canaries around
// them, and a sweep over geometries.
#pragma once

#include <array>
#include <ostream>
#include <vector>

#include "narrow/conv.hpp"
#include "support/gemm_reference.hpp"

namespace narrow_test {

struct conv_problem {
  std::size_t images, height, width, channels, outputs, kernel_height, kernel_width;
  narrow::conv_geometry geometry;

  std::size_t group_channels() const { return channels / geometry.groups; }
  std::size_t out_height() const {
    return places(height + geometry.pad_top + geometry.pad_bottom, kernel_height, geometry.dilation_h,
                  geometry.stride_h);
  }
  std::size_t out_width() const {
    return places(width + geometry.pad_left + geometry.pad_right, kernel_width, geometry.dilation_w, geometry.stride_w);
  }
  std::size_t pixels() const { return images * out_height() * out_width(); }
  bool has_room() const { return out_height() > 0 && out_width() > 0; }

 private:
  static std::size_t places(std::size_t padded, std::size_t taps, std::size_t dilation, std::size_t stride) {
    std::size_t count = 0;
    while (count * stride + (taps - 1) * dilation < padded) ++count;
    return count;
  }
};

inline std::ostream& operator<<(std::ostream& out, const conv_problem& p) {
  const auto& g = p.geometry;
  return out << "x " << p.images << 'x' << p.height << 'x' << p.width << 'x' << p.channels << ", kernel "
             << p.kernel_height << 'x' << p.kernel_width << " to " << p.outputs << ", stride " << g.stride_h << ','
             << g.stride_w << ", pad " << g.pad_top << ',' << g.pad_left << ',' << g.pad_bottom << ',' << g.pad_right
             << ", dilation " << g.dilation_h << ',' << g.dilation_w << ", groups " << g.groups
             << (g.layout == narrow::nchw ? ", nchw" : ", nhwc");
}

// Every `step`th geometry of the cross, beginning with the first.
template <class Body>
void for_each_problem(std::size_t step, const Body& body) {
  using list = std::vector<std::vector<std::size_t>>;
  const list kernels{{1, 1}, {2, 1}, {2, 2}, {3, 3}, {5, 3}}, strides{{1, 1}, {2, 1}, {1, 2}, {2, 2}};
  const list paddings{{0, 0, 0, 0}, {1, 1, 1, 1}, {0, 1, 2, 0}, {2, 0, 1, 2}}, dilations{{1, 1}, {2, 1}, {2, 2}};
  const list channels{{3, 5, 1}, {4, 6, 2}, {3, 3, 3}, {3, 6, 3}};  // in, out, groups
  std::size_t index = 0;
  for (const auto& k : kernels) {
    for (const auto& s : strides) {
      for (const auto& p : paddings) {
        for (const auto& d : dilations) {
          for (const auto& c : channels) {
            for (const auto layout : {narrow::nhwc, narrow::nchw}) {
              const conv_problem problem{
                  2, 7, 6, c[0], c[1], k[0], k[1], {s[0], s[1], p[0], p[1], p[2], p[3], d[0], d[1], c[2], layout}};
              if (!problem.has_room() || index++ % step != 0) continue;
              SCOPED_TRACE(problem);
              body(problem);
              if (testing::Test::HasFatalFailure()) return;
            }
          }
        }
      }
    }
  }
}

using extents4 = std::array<std::size_t, 4>;
inline extents4 in_layout(const extents4& nhwc, narrow::image_layout layout) {
  return layout == narrow::nhwc ? nhwc : extents4{nhwc[0], nhwc[3], nhwc[1], nhwc[2]};
}
inline extents4 image_extents(const conv_problem& p) {
  return in_layout({p.images, p.height, p.width, p.channels}, p.geometry.layout);
}
inline extents4 kernel_extents(const conv_problem& p) {
  return in_layout({p.outputs, p.kernel_height, p.kernel_width, p.group_channels()}, p.geometry.layout);
}
inline extents4 output_extents(const conv_problem& p) {
  return in_layout({p.images, p.out_height(), p.out_width(), p.outputs}, p.geometry.layout);
}

// Element (n, h, w, c) of a tensor in either layout.
template <class T>
T& at(const narrow::tensor_view<T, 4>& x, narrow::image_layout layout, std::size_t n, std::size_t h, std::size_t w,
      std::size_t c) {
  return layout == narrow::nhwc ? x(n, h, w, c) : x(n, c, h, w);
}

// Its elements with the channels last.
template <class T>
std::vector<T> channels_last(const narrow::tensor_view<T, 4>& x, narrow::image_layout layout) {
  std::vector<T> result;
  const bool last = layout == narrow::nhwc;
  for (std::size_t n = 0; n < x.extent(0); ++n) {
    for (std::size_t i = 0; i < x.extent(last ? 1 : 2); ++i) {
      for (std::size_t j = 0; j < x.extent(last ? 2 : 3); ++j) {
        for (std::size_t c = 0; c < x.extent(last ? 3 : 1); ++c) result.push_back(at(x, layout, n, i, j, c));
      }
    }
  }
  return result;
}

// A tensor of int8 with `count` scales along an axis, which may be one that a call refuses.
inline narrow::quantized_tensor<narrow::int8, 4, narrow::affine> scaled_along(const extents4& extents, std::size_t axis,
                                                                              std::size_t count) {
  return {extents, narrow::affine(narrow::granularity{axis}, std::vector<float>(count, 0.5F))};
}

// A tensor whose axes have gaps between them; every byte outside of the elements is a canary.
template <class T>
class gapped {
 public:
  explicit gapped(const extents4& extents) {
    std::array<std::ptrdiff_t, 4> strides{};
    std::size_t step = 1;
    for (std::size_t axis = 4; axis-- > 0;) {
      strides[axis] = static_cast<std::ptrdiff_t>(step);
      step = step * extents[axis] + 1;
    }
    memory_.resize(step + 2 * margin);
    for (auto& cell : memory_) std::memset(static_cast<void*>(&cell), 0xA5, sizeof cell);
    view_ = narrow::tensor_view<T, 4>(memory_.data() + margin, extents, strides);
  }
  gapped(const extents4& extents, generator& random) : gapped(extents) {
    for_each([&](T& x) { x = random_element<T>(random); });
  }
  gapped(const gapped&) = delete;
  gapped& operator=(const gapped&) = delete;

  const narrow::tensor_view<T, 4>& view() const { return view_; }

  template <class Body>
  void for_each(const Body& body) const {
    for (std::size_t i = 0; i < view_.extent(0); ++i) {
      for (std::size_t j = 0; j < view_.extent(1); ++j) {
        for (std::size_t k = 0; k < view_.extent(2); ++k) {
          for (std::size_t l = 0; l < view_.extent(3); ++l) body(view_(i, j, k, l));
        }
      }
    }
  }
  bool canaries_live() const {
    std::vector<bool> inside(memory_.size(), false);
    for_each([&](const T& x) { inside[static_cast<std::size_t>(&x - memory_.data())] = true; });
    return intact(inside);
  }
  bool untouched() const { return intact(std::vector<bool>(memory_.size(), false)); }

 private:
  static constexpr std::size_t margin = 7;

  bool intact(const std::vector<bool>& skipped) const {
    for (std::size_t i = 0; i < memory_.size(); ++i) {
      const auto* bytes = reinterpret_cast<const unsigned char*>(&memory_[i]);
      for (std::size_t byte = 0; byte < sizeof(T) && !skipped[i]; ++byte) {
        if (bytes[byte] != 0xA5) return false;
      }
    }
    return true;
  }

  std::vector<T> memory_;
  narrow::tensor_view<T, 4> view_;
};

// The definition: body(n, i, j, o, terms of x, terms of w) for each output, its terms in the order of the sum, with
// value_x(n, h, w, c) and value_w(o, r, s, c) as doubles and zero for the padding.
template <class ValueX, class ValueW, class Body>
void for_each_output(const conv_problem& p, const ValueX& value_x, const ValueW& value_w, const Body& body) {
  const auto& g = p.geometry;
  const std::size_t per_group = p.outputs / g.groups, share = p.group_channels();
  std::vector<double> a, b;
  for (std::size_t n = 0; n < p.images; ++n) {
    for (std::size_t i = 0; i < p.out_height(); ++i) {
      for (std::size_t j = 0; j < p.out_width(); ++j) {
        for (std::size_t o = 0; o < p.outputs; ++o) {
          a.clear(), b.clear();
          for (std::size_t r = 0; r < p.kernel_height; ++r) {
            for (std::size_t s = 0; s < p.kernel_width; ++s) {
              for (std::size_t c = 0; c < share; ++c) {
                const long h = static_cast<long>(i * g.stride_h + r * g.dilation_h) - static_cast<long>(g.pad_top);
                const long w = static_cast<long>(j * g.stride_w + s * g.dilation_w) - static_cast<long>(g.pad_left);
                const bool inside =
                    h >= 0 && w >= 0 && h < static_cast<long>(p.height) && w < static_cast<long>(p.width);
                a.push_back(inside ? value_x(n, static_cast<std::size_t>(h), static_cast<std::size_t>(w),
                                             o / per_group * share + c)
                                   : 0.0);
                b.push_back(value_w(o, r, s, c));
              }
            }
          }
          body(n, i, j, o, a, b);
          if (testing::Test::HasFatalFailure()) return;
        }
      }
    }
  }
}

inline std::int64_t integer_dot(const std::vector<double>& a, const std::vector<double>& b) {
  std::int64_t sum = 0;
  for (std::size_t k = 0; k < a.size(); ++k) sum += static_cast<std::int64_t>(a[k]) * static_cast<std::int64_t>(b[k]);
  return sum;
}
template <class Real>
Real chain_dot(const std::vector<double>& a, const std::vector<double>& b) {
  return chain_sum<Real>(std::vector<Real>(a.begin(), a.end()), std::vector<Real>(b.begin(), b.end()), false);
}
inline float pair_dot(const std::vector<double>& a, const std::vector<double>& b) {
  return pair_sum({a.begin(), a.end()}, {b.begin(), b.end()}, false);
}

}  // namespace narrow_test
