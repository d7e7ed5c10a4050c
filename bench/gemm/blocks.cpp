// Products of block formats, blocks along the depth.
#include "gemm/library_product.hpp"

namespace bench {

namespace {

// Codes under equal scales, those of blocks that reach to 1: the sources do. Axis: 1 of a, 0 of b.
template <class Format, std::size_t Axis>
struct block_operand {
  using element = typename Format::element_type;
  using scheme_type = typename Format::scheme_type;
  static constexpr float lowest = -1;
  static constexpr double unit = 1;
  scheme_type scheme;
  float factor;

  block_operand(std::size_t rows, std::size_t columns)
      : scheme(scheme_of(rows, columns)), factor(float(scheme.scale(0)) * scheme.tensor_scale()) {}
  element encode(float x, std::size_t) const { return element(x / factor); }
  auto view(const narrow::matrix_view<const element>& codes) const {
    return narrow::quantized_view<element, 2, scheme_type>{codes, &scheme, scheme.axis()};
  }

  static scheme_type scheme_of(std::size_t rows, std::size_t columns) {
    const std::vector<float> one{1};
    const auto fitted = scheme_type::template fit_for<element>(narrow::view(one, 1), 0);
    const std::array<std::size_t, 2> extents{rows, columns};
    const std::size_t count = narrow::detail::block_count(extents, Axis, scheme_type::block_length);
    return scheme_type(extents, Axis, {count, fitted.scale(0)}, fitted.tensor_scale());
  }
};

template <class A, class B = A>
product_maker blocks() {
  return make_product<block_operand<A, 1>, block_operand<B, 0>, plain_output<float>>;
}

}  // namespace

void add_block_formats(std::vector<format>& to) {
  using namespace narrow;
  to.push_back({"mxfp8", compute_class::bf16, blocks<mxfp8>()});
  to.push_back({"mxfp4", compute_class::bf16, blocks<mxfp4>()});
  to.push_back({"nvfp4", compute_class::bf16, blocks<nvfp4>()});
  to.push_back({"mxint8", compute_class::s8, blocks<mxint8>()});
  to.push_back({"grouped_int8", compute_class::s8, blocks<grouped<int8, 64>>()});
}

}  // namespace bench
