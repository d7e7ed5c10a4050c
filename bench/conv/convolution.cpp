#include "conv/convolution.hpp"

#include "support/sampled_error.hpp"

namespace bench {

namespace {

// One element of y, (image, i, j, o), as conv2d defines it.
double exact_element(const convolution& c, std::size_t image, std::size_t i, std::size_t j, std::size_t o) {
  const layer& l = c.extents;
  const std::size_t share = l.channels / l.groups, first = o / (l.outputs / l.groups) * share;
  double sum = 0;
  for (std::size_t r = 0; r < l.kernel_height; ++r) {
    for (std::size_t s = 0; s < l.kernel_width; ++s) {
      const std::size_t row = i * l.stride_h + r, column = j * l.stride_w + s;  // in the padded image
      if (row < l.pad_h || row - l.pad_h >= l.height || column < l.pad_w || column - l.pad_w >= l.width) continue;
      const std::size_t pixel = (image * l.height + row - l.pad_h) * l.width + column - l.pad_w;
      const std::size_t tap = (o * l.kernel_height + r) * l.kernel_width + s;
      for (std::size_t k = 0; k < share; ++k) {
        sum += static_cast<double>(c.x(pixel * l.channels + first + k)) * static_cast<double>(c.w(tap * share + k));
      }
    }
  }
  return sum;
}

}  // namespace

double sampled_error(convolution& c) {
  c.run();
  const layer& l = c.extents;
  return largest_sampled_error([&](std::size_t s) {
    const std::size_t index = s * 104729 % l.y_size(), pixel = index / l.outputs, row = pixel / l.out_width();
    const double exact =
        exact_element(c, row / l.out_height(), row % l.out_height(), pixel % l.out_width(), index % l.outputs);
    return std::pair(c.representable(exact), c.result(index));
  });
}

const std::vector<conv_format>& all_conv_formats() {
  static const auto formats = [] {
    std::vector<conv_format> result;
    add_real_formats(result);
    add_small_float_formats(result);
    add_block_formats(result);
    add_byte_formats(result);
    add_word_formats(result);
    return result;
  }();
  return formats;
}

const std::vector<conv_peer>& all_conv_peers() {
  static const auto peers = [] {
    std::vector<conv_peer> result;
#if defined(NARROW_WITH_ONEDNN)
    add_onednn(result);
#endif
    return result;
  }();
  return peers;
}

}  // namespace bench
