// A convolution in dynamic fixed point: images that grow brighter from batch to batch, and a range that follows them.
#include <cstdio>
#include <narrow/narrow.hpp>
#include <narrow/training/range_controller.hpp>
#include <vector>

int main() {
  using code = narrow::number<narrow::signed_integer<10>>;
  constexpr std::size_t images = 2, height = 6, width = 6, in = 3, out = 4, kernel = 3;
  std::vector<float> x(images * height * width * in), w(out * kernel * kernel * in), y(images * height * width * out);
  for (std::size_t i = 0; i < w.size(); ++i) w[i] = 0.25F - 0.5F * static_cast<float>(i % 2);
  const auto weights = narrow::view(w, out, kernel, kernel, in);
  const auto wq = narrow::quantize<code>(weights, narrow::shared_exponent::fit(weights));

  narrow::range_controller range(0, 1e-3, 1);  // values below 2^0; a thousandth may overflow; decides every batch
  std::size_t overflows = 0;
  for (int batch = 0; batch < 9; ++batch) {
    for (std::size_t i = 0; i < x.size(); ++i) x[i] = static_cast<float>(i % 5) * static_cast<float>(batch + 1) / 4;
    range.observe(narrow::view(x, x.size()));

    narrow::conversion_counts counts;  // elements, overflow, underflow to zero, NaN
    const narrow::shared_exponent scheme(range.exponent(code::encoding_type::bits));
    const auto xq = narrow::quantize<code>(narrow::view(x, images, height, width, in), scheme,
                                           narrow::stochastic_sequence{.seed = 1, .stream = 2}, &counts);
    const auto yv = narrow::view(y, images, height, width, out);
    narrow::conv2d(xq, wq, yv, {.pad_top = 1, .pad_left = 1, .pad_bottom = 1, .pad_right = 1}, narrow::relu);

    const std::vector<float> back = narrow::dequantize(xq);
    std::printf("batch %d: values below 2^%d, %zu of %zu overflow, %g kept as %g, y(0, 1, 1, 0) = %g\n", batch,
                range.range(), counts.overflow, counts.elements, static_cast<double>(x[4]),
                static_cast<double>(back[4]), static_cast<double>(yv(0, 1, 1, 0)));
    overflows = counts.overflow;
    range.end_batch();
  }
  return range.range() == 4 && overflows == 0 ? 0 : 1;
}
