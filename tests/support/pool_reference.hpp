// What the tests of pooling share: windows by definition, and a sweep over geometries.
#pragma once

#include <ostream>
#include <vector>

#include "narrow/pool.hpp"
#include "support/conv_reference.hpp"

namespace narrow_test {

struct pool_problem {
  std::size_t images, height, width, channels;
  narrow::pool_geometry geometry;

  std::size_t out_height() const {
    const auto& g = geometry;
    return places(height, g.pad_top, g.pad_bottom, g.kernel_h, g.dilation_h, g.stride_h);
  }
  std::size_t out_width() const {
    const auto& g = geometry;
    return places(width, g.pad_left, g.pad_right, g.kernel_w, g.dilation_w, g.stride_w);
  }
  extents4 x_extents() const { return in_layout({images, height, width, channels}, geometry.layout); }
  extents4 y_extents() const { return in_layout({images, out_height(), out_width(), channels}, geometry.layout); }

 private:
  // Windows that fit the padded image; under ceil one more, where it begins inside and something was left.
  std::size_t places(std::size_t image, std::size_t first, std::size_t last, std::size_t kernel, std::size_t dilation,
                     std::size_t stride) const {
    const std::size_t padded = image + first + last;
    std::size_t count = 0;
    while (count * stride + (kernel - 1) * dilation < padded) ++count;
    const bool covers = count > 0 && (count - 1) * stride + (kernel - 1) * dilation + 1 == padded;
    if (geometry.extent == narrow::output_extent::ceil && count > 0 && !covers && count * stride < image + first)
      ++count;
    return count;
  }
};

inline std::ostream& operator<<(std::ostream& out, const pool_problem& p) {
  const auto& g = p.geometry;
  return out << "x " << p.images << 'x' << p.height << 'x' << p.width << 'x' << p.channels << ", window " << g.kernel_h
             << 'x' << g.kernel_w << ", stride " << g.stride_h << ',' << g.stride_w << ", pad " << g.pad_top << ','
             << g.pad_left << ',' << g.pad_bottom << ',' << g.pad_right << ", dilation " << g.dilation_h << ','
             << g.dilation_w << (g.extent == narrow::output_extent::ceil ? ", ceil" : "")
             << (g.layout == narrow::nchw ? ", nchw" : ", nhwc");
}

struct pool_place {
  std::size_t h, w;
};

// body(n, i, j, places in the image in row-major order, places in the padded image) for each window, in order.
template <class Body>
void for_each_pool_window(const pool_problem& p, const Body& body) {
  const auto& g = p.geometry;
  for (std::size_t n = 0; n < p.images; ++n) {
    for (std::size_t i = 0; i < p.out_height(); ++i) {
      for (std::size_t j = 0; j < p.out_width(); ++j) {
        std::vector<pool_place> inside;
        std::size_t padded = 0;
        for (std::size_t r = 0; r < g.kernel_h; ++r) {
          for (std::size_t s = 0; s < g.kernel_w; ++s) {
            const std::size_t h = i * g.stride_h + r * g.dilation_h, w = j * g.stride_w + s * g.dilation_w;
            const std::size_t end_h = g.pad_top + p.height, end_w = g.pad_left + p.width;
            padded += h < end_h + g.pad_bottom && w < end_w + g.pad_right ? 1 : 0;
            if (h >= g.pad_top && h < end_h && w >= g.pad_left && w < end_w) {
              inside.push_back({h - g.pad_top, w - g.pad_left});
            }
          }
        }
        body(n, i, j, inside, padded);
      }
    }
  }
}

// Every `step`th geometry of the cross whose windows all hold an element, beginning with the first. Channels are around
// the vectors of all targets.
template <class Body>
void for_each_pool_problem(std::size_t step, const Body& body) {
  using list = std::vector<std::vector<std::size_t>>;
  const list kernels{{1, 1}, {2, 2}, {3, 3}, {1, 4}, {5, 2}}, strides{{1, 1}, {2, 2}, {3, 1}, {4, 3}};
  const list paddings{{0, 0, 0, 0}, {1, 1, 1, 1}, {0, 1, 2, 0}, {2, 0, 1, 3}}, dilations{{1, 1}, {2, 1}, {1, 3}};
  const std::size_t channels[] = {1, 3, 16, 21, 70, 129};
  std::size_t index = 0, next = 0;
  for (const auto& k : kernels) {
    for (const auto& s : strides) {
      for (const auto& p : paddings) {
        for (const auto& d : dilations) {
          for (const auto extent : {narrow::output_extent::floor, narrow::output_extent::ceil}) {
            for (const auto layout : {narrow::nhwc, narrow::nchw}) {
              const pool_problem problem{2,
                                         7,
                                         6,
                                         channels[next % 6],
                                         {k[0], k[1], s[0], s[1], p[0], p[1], p[2], p[3], d[0], d[1], extent, layout}};
              if (problem.out_height() == 0 || problem.out_width() == 0) continue;
              bool all_hold = true;
              for_each_pool_window(
                  problem, [&](auto, auto, auto, const auto& inside, auto) { all_hold = all_hold && !inside.empty(); });
              if (!all_hold || index++ % step != 0) continue;
              ++next;
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

}  // namespace narrow_test
