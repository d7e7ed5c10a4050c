#include "conv/gradients.hpp"

#include "narrow/conv_backward.hpp"
#include "narrow/number.hpp"
#include "support/buffer.hpp"
#include "support/source.hpp"

namespace bench {

namespace {

template <class T>
buffer<T> filled(std::size_t count, std::uint64_t seed) {
  buffer<T> result(count);
  const source values{seed};
  for (std::size_t i = 0; i < count; ++i) result[i] = T(values(i));
  return result;
}

template <class T>
auto images_of(const layer& l, T* x) {
  return narrow::view(x, l.images, l.height, l.width, l.channels);
}
template <class T>
auto kernels_of(const layer& l, T* w) {
  return narrow::view(w, l.outputs, l.kernel_height, l.kernel_width, l.channels / l.groups);
}
template <class T>
auto maps_of(const layer& l, T* y) {
  return narrow::view(y, l.images, l.out_height(), l.out_width(), l.outputs);
}

// Sums and their outputs are floats.
template <class T>
class data_gradient final : public workload {
 public:
  explicit data_gradient(const layer& l)
      : layer_(l), dy_(filled<T>(l.y_size(), 1)), w_(filled<T>(l.w_size(), 2)), dx_(l.x_size()) {}
  void run() override {
    narrow::conv2d_backward_data(maps_of(layer_, std::as_const(dy_).data()),
                                 kernels_of(layer_, std::as_const(w_).data()), images_of(layer_, dx_.data()),
                                 layer_.geometry());
  }
  double operations() const override { return layer_.operations(); }

 private:
  layer layer_;
  buffer<T> dy_, w_;
  buffer<float> dx_;
};

template <class T>
class weight_gradient final : public workload {
 public:
  explicit weight_gradient(const layer& l)
      : layer_(l), x_(filled<T>(l.x_size(), 1)), dy_(filled<T>(l.y_size(), 2)), dw_(l.w_size()) {}
  void run() override {
    narrow::conv2d_backward_weights(images_of(layer_, std::as_const(x_).data()),
                                    maps_of(layer_, std::as_const(dy_).data()), kernels_of(layer_, dw_.data()),
                                    layer_.geometry());
  }
  double operations() const override { return layer_.operations(); }

 private:
  layer layer_;
  buffer<T> x_, dy_;
  buffer<float> dw_;
};

template <class T>
void add_gradients(std::vector<conv_gradient>& to, const std::string& name, compute_class bound) {
  to.push_back({name + "_to_data", bound, [](const layer& l) { return std::make_unique<data_gradient<T>>(l); }});
  to.push_back({name + "_to_weights", bound, [](const layer& l) { return std::make_unique<weight_gradient<T>>(l); }});
}

}  // namespace

const std::vector<conv_gradient>& all_conv_gradients() {
  static const auto gradients = [] {
    std::vector<conv_gradient> result;
    add_gradients<float>(result, "float32", compute_class::f32);
    add_gradients<narrow::bfloat16>(result, "bfloat16", compute_class::bf16);
    return result;
  }();
  return gradients;
}

}  // namespace bench
