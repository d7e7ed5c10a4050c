// What products and convolutions by oneDNN 2 share.
#pragma once

#include <oneapi/dnnl/dnnl.hpp>
#include <type_traits>
#include <unordered_map>
#include <vector>

#include "support/buffer.hpp"
#include "support/outputs.hpp"

namespace bench::onednn {

using data_type = dnnl::memory::data_type;
using tag = dnnl::memory::format_tag;

inline dnnl::engine& cpu() {
  static dnnl::engine engine(dnnl::engine::kind::cpu, 0);
  return engine;
}
inline dnnl::stream& stream() {
  static dnnl::stream s(cpu());
  return s;
}

inline dnnl::memory::dim extent(std::size_t x) { return static_cast<dnnl::memory::dim>(x); }

template <class T>
constexpr data_type type_of() {
  if constexpr (std::is_same_v<T, float>) return data_type::f32;
  if constexpr (std::is_same_v<T, narrow::bfloat16>) return data_type::bf16;
  if constexpr (std::is_same_v<T, std::int8_t>) return data_type::s8;
  if constexpr (std::is_same_v<T, std::uint8_t>) return data_type::u8;
  if constexpr (std::is_same_v<T, std::int32_t>) return data_type::s32;
}

// The output's scales and the zero points of activations and output; output channels are axis 1 of matrices and images.
template <class Output>
dnnl::primitive_attr attributes_of(const Output& output) {
  dnnl::primitive_attr result;
  if constexpr (requires { output.finish(); }) {
    using code = typename Output::element;
    constexpr int by_output = 1 << 1;
    result.set_output_scales(by_output, output.finish().scales);
    result.set_zero_points(DNNL_ARG_SRC, 0, {requantization<code>::a_zero});
    result.set_zero_points(DNNL_ARG_DST, 0, {output.finish().zero_point});
  }
  return result;
}

// Copies of weights in the layout that a primitive wants.
class ready_weights {
 public:
  ready_weights(dnnl::memory from, const dnnl::memory::desc& wanted, std::size_t copies) {
    for (std::size_t i = 0; i < copies; ++i) {
      space_.emplace_back(wanted.get_size());
      weights_.emplace_back(wanted, cpu(), space_.back().data());
      dnnl::reorder(from, weights_[i]).execute(stream(), from, weights_[i]);
    }
    stream().wait();
  }
  bool several() const { return weights_.size() > 1; }
  const dnnl::memory& next() {
    const dnnl::memory& result = weights_[next_];
    if (++next_ == weights_.size()) next_ = 0;
    return result;
  }

 private:
  std::vector<buffer<std::byte>> space_;
  std::vector<dnnl::memory> weights_;
  std::size_t next_ = 0;
};

}  // namespace bench::onednn
