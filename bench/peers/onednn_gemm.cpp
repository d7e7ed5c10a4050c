// oneDNN 2: the matmul primitive, with weights in the layout that it asks for (packed) or row-major.

#include <optional>

#include "gemm/product.hpp"
#include "peers/onednn.hpp"

namespace bench {

namespace {

using namespace onednn;  // NOLINT: the whole file speaks of it

template <class A, class B, class C>
class dnnl_product final : public product {
 public:
  dnnl_product(const shape& s, weights how)
      : product(s, A::lowest, B::lowest),
        c_(s.m * s.n, sums{s.n, s.k, narrow::per_column}),
        a_codes_(s.m * s.k),
        row_major_(s.k * s.n) {
    const sums of{s.n, s.k, narrow::per_column};
    const A activations(of);
    const B columns(of);
    for (std::size_t i = 0; i < s.m * s.k; ++i) a_codes_[i] = activations.encode(a(i), i % s.k);
    for (std::size_t i = 0; i < s.k * s.n; ++i) row_major_[i] = columns.encode(b(i), i % s.n);
    const auto desc = [](std::size_t rows, std::size_t width, data_type type, tag layout) {
      return dnnl::memory::desc({extent(rows), extent(width)}, type, layout);
    };
    const auto a_desc = desc(s.m, s.k, type_of<typename A::element>(), tag::ab);
    const auto c_desc = desc(s.m, s.n, type_of<typename C::element>(), tag::ab);
    const auto rows = desc(s.k, s.n, type_of<typename B::element>(), tag::ab);
    const auto any = desc(s.k, s.n, type_of<typename B::element>(), tag::any);
    const dnnl::matmul::primitive_desc description(dnnl::matmul::desc(a_desc, is_packed(how) ? any : rows, c_desc),
                                                   attributes_of(c_), cpu());
    primitive_ = dnnl::matmul(description);
    const auto wanted = description.weights_desc();
    weights_.emplace(dnnl::memory(rows, cpu(), row_major_.data()), wanted, copies_of(wanted.get_size(), how));
    arguments_ = {{DNNL_ARG_SRC, dnnl::memory(a_desc, cpu(), a_codes_.data())},
                  {DNNL_ARG_WEIGHTS, weights_->next()},
                  {DNNL_ARG_DST, dnnl::memory(c_desc, cpu(), c_.data())}};
  }

  void run() override {
    if (weights_->several()) arguments_[DNNL_ARG_WEIGHTS] = weights_->next();
    primitive_.execute(stream(), arguments_);
    stream().wait();
  }
  double result(std::size_t i, std::size_t j) const override { return c_.result(i * extents.n + j, A::unit * B::unit); }
  double representable(double exact) const override { return c_.representable(exact); }

 private:
  C c_;
  buffer<typename A::element> a_codes_;
  buffer<typename B::element> row_major_;
  std::optional<ready_weights> weights_;
  dnnl::matmul primitive_;
  std::unordered_map<int, dnnl::memory> arguments_;
};

// The BLAS-like entry, which packs in every call.
template <class Code>
class dnnl_gemm_product final : public product {
 public:
  explicit dnnl_gemm_product(const shape& s)
      : product(s, integer_operand<Code>::lowest, -1), a_codes_(s.m * s.k), b_codes_(s.k * s.n), c_(s.m * s.n) {
    const integer_operand<Code> activations({});
    const integer_operand<std::int8_t> columns({});
    for (std::size_t i = 0; i < a_codes_.size(); ++i) a_codes_[i] = activations.encode(a(i), i % s.k);
    for (std::size_t i = 0; i < b_codes_.size(); ++i) b_codes_[i] = columns.encode(b(i), i % s.n);
  }

  void run() override {
    const auto m = extent(extents.m), n = extent(extents.n), k = extent(extents.k);
    constexpr std::int32_t offset = 0;
    const auto call = [&](auto gemm) {
      gemm('N', 'N', 'F', m, n, k, 1.0F, a_codes_.data(), k, Code{0}, b_codes_.data(), n, std::int8_t{0}, 0.0F,
           c_.data(), n, &offset);
    };
    if constexpr (std::is_unsigned_v<Code>) {
      call(dnnl_gemm_u8s8s32);
    } else {
      call(dnnl_gemm_s8s8s32);
    }
  }
  double result(std::size_t i, std::size_t j) const override {
    return c_[i * extents.n + j] * integer_operand<Code>::unit * integer_operand<std::int8_t>::unit;
  }

 private:
  buffer<Code> a_codes_;
  buffer<std::int8_t> b_codes_;
  buffer<std::int32_t> c_;
};
template <class Code>
std::unique_ptr<product> make_dnnl_gemm(const shape& s, weights) {
  return std::make_unique<dnnl_gemm_product<Code>>(s);
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
template <class Code>
std::unique_ptr<product> make_requantized(const shape& s, weights how) {
  return make_dnnl<affine_activations<Code>, affine_weights<Code>, requantized_output<Code>>(s, how);
}

}  // namespace

void add_onednn(std::vector<peer>& to) {
  using f32 = number_operand<float>;
  using bf16 = number_operand<narrow::bfloat16>;
  using u8 = integer_operand<std::uint8_t>;
  using s8 = integer_operand<std::int8_t>;
  using reals = plain_output<float>;
  using sums32 = plain_output<std::int32_t>;
  const std::vector<weights> all{weights::unpacked, weights::packed, weights::cold, weights::packed_cold};
  to.push_back({"onednn", "", "float32", all, make_dnnl<f32, f32, reals>});
  to.push_back({"onednn", "", "bfloat16", all, make_dnnl<bf16, bf16, reals>});
  to.push_back({"onednn", "", "u8s8", all, make_dnnl<u8, s8, sums32>});
  to.push_back({"onednn", "", "s8s8", all, make_dnnl<s8, s8, sums32>});
  to.push_back({"onednn", "_gemm", "u8s8", {weights::unpacked}, make_dnnl_gemm<std::uint8_t>});
  to.push_back({"onednn", "_gemm", "s8s8", {weights::unpacked}, make_dnnl_gemm<std::int8_t>});
  to.push_back({"onednn", "", "u8s8_requant", all, make_requantized<std::uint8_t>});
  to.push_back({"onednn", "", "s8s8_requant", all, make_requantized<std::int8_t>});
}

}  // namespace bench
