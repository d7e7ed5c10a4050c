// oneDNN 2: the matmul primitive, with weights in the layout that it asks for (packed) or row-major.

#include <algorithm>
#include <cmath>
#include <oneapi/dnnl/dnnl.hpp>
#include <optional>
#include <unordered_map>

#include "gemm/product.hpp"
#include "gemm/requantization.hpp"
#include "narrow/number.hpp"
#include "support/buffer.hpp"

namespace bench {

namespace {

using data_type = dnnl::memory::data_type;
using tag = dnnl::memory::format_tag;

dnnl::engine& cpu() {
  static dnnl::engine engine(dnnl::engine::kind::cpu, 0);
  return engine;
}
dnnl::stream& stream() {
  static dnnl::stream s(cpu());
  return s;
}

template <class T>
constexpr data_type type_of() {
  if constexpr (std::is_same_v<T, float>) return data_type::f32;
  if constexpr (std::is_same_v<T, narrow::bfloat16>) return data_type::bf16;
  if constexpr (std::is_same_v<T, std::int8_t>) return data_type::s8;
  if constexpr (std::is_same_v<T, std::uint8_t>) return data_type::u8;
  if constexpr (std::is_same_v<T, std::int32_t>) return data_type::s32;
}

// Codes of each side and what a result means, as in library_product.hpp.
template <class T>
T plain_code(float x) {
  if constexpr (std::is_integral_v<T>) {
    return static_cast<T>(std::lrint(static_cast<double>(x) * std::numeric_limits<T>::max()));
  } else {
    return T(x);
  }
}
template <class T>
constexpr double unit_of = 1;
template <std::integral T>
constexpr double unit_of<T> = 1.0 / std::numeric_limits<T>::max();
template <class T>
constexpr float lowest_of = std::is_unsigned_v<T> ? 0 : -1;

template <class A, class B, class C>
class dnnl_product final : public product {
 public:
  static constexpr bool is_requantized = std::is_integral_v<C> && sizeof(C) == 1;

  dnnl_product(const shape& s, weights how)
      : product(s, lowest_of<A>, lowest_of<B>), a_codes_(s.m * s.k), c_(s.m * s.n), row_major_(s.k * s.n) {
    if constexpr (is_requantized) parameters_.emplace(s.n, s.k);
    encode();
    const auto extent = [](std::size_t x) { return static_cast<dnnl::memory::dim>(x); };
    const dnnl::memory::desc a_desc({extent(s.m), extent(s.k)}, type_of<A>(), tag::ab);
    const dnnl::memory::desc c_desc({extent(s.m), extent(s.n)}, type_of<C>(), tag::ab);
    const dnnl::memory::desc rows({extent(s.k), extent(s.n)}, type_of<B>(), tag::ab);
    const dnnl::memory::desc any({extent(s.k), extent(s.n)}, type_of<B>(), tag::any);
    const dnnl::matmul::primitive_desc description(dnnl::matmul::desc(a_desc, is_packed(how) ? any : rows, c_desc),
                                                   attributes(), cpu());
    primitive_ = dnnl::matmul(description);
    dnnl::memory from(rows, cpu(), row_major_.data());
    const std::size_t bytes = description.weights_desc().get_size();
    for (std::size_t i = 0; i < copies_of(bytes, how); ++i) {
      space_.emplace_back(bytes);
      weights_.emplace_back(description.weights_desc(), cpu(), space_.back().data());
      dnnl::reorder(from, weights_[i]).execute(stream(), from, weights_[i]);
    }
    stream().wait();
    arguments_ = {{DNNL_ARG_SRC, dnnl::memory(a_desc, cpu(), a_codes_.data())},
                  {DNNL_ARG_WEIGHTS, weights_[0]},
                  {DNNL_ARG_DST, dnnl::memory(c_desc, cpu(), c_.data())}};
  }

  void run() override {
    if (weights_.size() > 1) {
      arguments_[DNNL_ARG_WEIGHTS] = weights_[next_];
      if (++next_ == weights_.size()) next_ = 0;
    }
    primitive_.execute(stream(), arguments_);
    stream().wait();
  }
  double result(std::size_t i, std::size_t j) const override {
    const C c = c_[i * extents.n + j];
    if constexpr (is_requantized) {
      return parameters_->decode_c(c);
    } else {
      return static_cast<double>(c) * unit_of<A> * unit_of<B>;
    }
  }
  double representable(double exact) const override {
    if constexpr (is_requantized) {
      return parameters_->representable(exact);
    } else {
      return exact;
    }
  }

 private:
  using quantization = requantization<std::conditional_t<is_requantized, C, std::uint8_t>>;

  void encode() {
    const auto [m, n, k] = extents;
    for (std::size_t i = 0; i < m * k; ++i) {
      if constexpr (is_requantized) {
        a_codes_[i] = quantization::encode_a(a(i));
      } else {
        a_codes_[i] = plain_code<A>(a(i));
      }
    }
    for (std::size_t i = 0; i < k * n; ++i) {
      if constexpr (is_requantized) {
        row_major_[i] = parameters_->encode_b(b(i), i % n);
      } else {
        row_major_[i] = plain_code<B>(b(i));
      }
    }
  }

  dnnl::primitive_attr attributes() const {
    dnnl::primitive_attr result;
    if constexpr (is_requantized) {
      std::vector<float> scales(parameters_->b_scales);
      for (float& scale : scales) scale *= quantization::a_scale / parameters_->c_scale;
      constexpr int by_column = 1 << 1;
      result.set_output_scales(by_column, scales);
      result.set_zero_points(DNNL_ARG_SRC, 0, {quantization::a_zero});
      result.set_zero_points(DNNL_ARG_DST, 0, {quantization::c_zero});
    }
    return result;
  }

  std::optional<quantization> parameters_;
  buffer<A> a_codes_;
  buffer<C> c_;
  buffer<B> row_major_;
  std::vector<buffer<std::byte>> space_;
  std::vector<dnnl::memory> weights_;
  dnnl::matmul primitive_;
  std::unordered_map<int, dnnl::memory> arguments_;
  std::size_t next_ = 0;
};

// The BLAS-like entry, which packs in every call.
template <class A>
class dnnl_gemm_product final : public product {
 public:
  explicit dnnl_gemm_product(const shape& s)
      : product(s, lowest_of<A>, -1), a_codes_(s.m * s.k), b_codes_(s.k * s.n), c_(s.m * s.n) {
    for (std::size_t i = 0; i < a_codes_.size(); ++i) a_codes_[i] = plain_code<A>(a(i));
    for (std::size_t i = 0; i < b_codes_.size(); ++i) b_codes_[i] = plain_code<std::int8_t>(b(i));
  }

  void run() override {
    const auto m = static_cast<dnnl_dim_t>(extents.m), n = static_cast<dnnl_dim_t>(extents.n),
               k = static_cast<dnnl_dim_t>(extents.k);
    constexpr std::int32_t offset = 0;
    const auto call = [&](auto gemm) {
      gemm('N', 'N', 'F', m, n, k, 1.0F, a_codes_.data(), k, A{0}, b_codes_.data(), n, std::int8_t{0}, 0.0F, c_.data(),
           n, &offset);
    };
    if constexpr (std::is_unsigned_v<A>) {
      call(dnnl_gemm_u8s8s32);
    } else {
      call(dnnl_gemm_s8s8s32);
    }
  }
  double result(std::size_t i, std::size_t j) const override {
    return c_[i * extents.n + j] * unit_of<A> * unit_of<std::int8_t>;
  }

 private:
  buffer<A> a_codes_;
  buffer<std::int8_t> b_codes_;
  buffer<std::int32_t> c_;
};
template <class A>
std::unique_ptr<product> make_dnnl_gemm(const shape& s, weights) {
  return std::make_unique<dnnl_gemm_product<A>>(s);
}

// Null where oneDNN has no such product on this CPU.
template <class A, class B, class C>
std::unique_ptr<product> make_dnnl(const shape& s, weights how) {
  try {
    return std::make_unique<dnnl_product<A, B, C>>(s, how);
  } catch (const dnnl::error&) {
    return nullptr;
  }
}

}  // namespace

void add_onednn(std::vector<peer>& to) {
  using bf16 = narrow::bfloat16;
  using u8 = std::uint8_t;
  using s8 = std::int8_t;
  using s32 = std::int32_t;
  const std::vector<weights> all{weights::unpacked, weights::packed, weights::cold, weights::packed_cold};
  to.push_back({"onednn", "", "float32", all, make_dnnl<float, float, float>});
  to.push_back({"onednn", "", "bfloat16", all, make_dnnl<bf16, bf16, float>});
  to.push_back({"onednn", "", "u8s8", all, make_dnnl<u8, s8, s32>});
  to.push_back({"onednn", "", "s8s8", all, make_dnnl<s8, s8, s32>});
  to.push_back({"onednn", "_gemm", "u8s8", {weights::unpacked}, make_dnnl_gemm<u8>});
  to.push_back({"onednn", "_gemm", "s8s8", {weights::unpacked}, make_dnnl_gemm<s8>});
  to.push_back({"onednn", "", "u8s8_requant", all, make_dnnl<u8, s8, u8>});
  to.push_back({"onednn", "", "s8s8_requant", all, make_dnnl<s8, s8, s8>});
}

}  // namespace bench
