// oneDNN 2: the convolution primitive on NHWC images, direct, with weights in the layout that it asks for.
#include <optional>

#include "conv/library_convolution.hpp"
#include "peers/onednn.hpp"

namespace bench {

namespace {

using namespace onednn;  // NOLINT: the whole file speaks of it

template <class X, class W, class Y>
class dnnl_convolution final : public convolution {
 public:
  explicit dnnl_convolution(const layer& l)
      : convolution(l, X::lowest, W::lowest), operands_(*this), y_(l.y_size(), sums_of(l)) {
    using desc = dnnl::memory::desc;
    using dims = dnnl::memory::dims;
    const auto n = extent(l.images), groups = extent(l.groups), outputs = extent(l.outputs),
               channels = extent(l.channels);
    const desc images({n, channels, extent(l.height), extent(l.width)}, type_of<typename X::element>(), tag::nhwc);
    const desc made({n, outputs, extent(l.out_height()), extent(l.out_width())}, type_of<typename Y::element>(),
                    tag::nhwc);
    const bool grouped = l.groups > 1;
    const dims kernels =
        grouped ? dims{groups, outputs / groups, channels / groups, extent(l.kernel_height), extent(l.kernel_width)}
                : dims{outputs, channels, extent(l.kernel_height), extent(l.kernel_width)};
    constexpr data_type w_type = type_of<typename W::element>();
    const desc any(kernels, w_type, tag::any);
    // (output, row, column, channel) is what it calls ohwi, a group's outputs one after another.
    const desc ours(kernels, w_type, grouped ? tag::gohwi : tag::ohwi);
    const dims strides{extent(l.stride_h), extent(l.stride_w)}, padding{extent(l.pad_h), extent(l.pad_w)};
    using forward = dnnl::convolution_forward;
    const forward::primitive_desc description(
        forward::desc(dnnl::prop_kind::forward_inference, dnnl::algorithm::convolution_direct, images, any, made,
                      strides, padding, padding),
        attributes_of(y_), cpu());
    primitive_ = forward(description);
    weights_.emplace(dnnl::memory(ours, cpu(), operands_.w_codes.data()), description.weights_desc(), 1);
    arguments_ = {{DNNL_ARG_SRC, dnnl::memory(images, cpu(), operands_.x_codes.data())},
                  {DNNL_ARG_WEIGHTS, weights_->next()},
                  {DNNL_ARG_DST, dnnl::memory(made, cpu(), y_.data())}};
  }

  void run() override {
    primitive_.execute(stream(), arguments_);
    stream().wait();
  }
  double result(std::size_t index) const override { return y_.result(index, X::unit * W::unit); }
  double representable(double exact) const override { return y_.representable(exact); }

 private:
  conv_operands<X, W> operands_;
  Y y_;
  std::optional<ready_weights> weights_;
  dnnl::convolution_forward primitive_;
  std::unordered_map<int, dnnl::memory> arguments_;
};

// Null where oneDNN has no such convolution on this CPU.
template <class X, class W, class Y>
std::unique_ptr<convolution> make_dnnl(const layer& l) {
  try {
    return std::make_unique<dnnl_convolution<X, W, Y>>(l);
  } catch (const dnnl::error&) {
    return nullptr;
  }
}
template <class Code>
std::unique_ptr<convolution> make_requantized(const layer& l) {
  return make_dnnl<affine_activations<Code>, affine_weights<Code>, requantized_output<Code>>(l);
}

}  // namespace

void add_onednn(std::vector<conv_peer>& to) {
  using f32 = number_operand<float>;
  using bf16 = number_operand<narrow::bfloat16>;
  using u8 = integer_operand<std::uint8_t>;
  using s8 = integer_operand<std::int8_t>;
  to.push_back({"onednn", "float32", make_dnnl<f32, f32, plain_output<float>>});
  to.push_back({"onednn", "bfloat16", make_dnnl<bf16, bf16, plain_output<float>>});
  to.push_back({"onednn", "u8s8", make_dnnl<u8, s8, plain_output<std::int32_t>>});
  to.push_back({"onednn", "u8s8_requant", make_requantized<std::uint8_t>});
  to.push_back({"onednn", "s8s8_requant", make_requantized<std::int8_t>});
}

}  // namespace bench
