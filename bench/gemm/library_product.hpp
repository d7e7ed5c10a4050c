// The library's products: the call that is timed.
#pragma once

#include <algorithm>
#include <utility>
#include <vector>

#include "gemm/product.hpp"
#include "narrow/pack.hpp"
#include "support/block_operands.hpp"
#include "support/outputs.hpp"

namespace bench {

template <class A, class B, class C>
class library_product final : public product {
 public:
  library_product(const shape& s, weights how)
      : product(s, A::lowest, B::lowest),
        a_(operand_of<A, 2>(sums_of(s), {s.m, s.k})),
        b_(operand_of<B, 2>(sums_of(s), {s.k, s.n})),
        c_(s.m * s.n, sums_of(s)),
        a_codes_(s.m * s.k),
        how_(how) {
    for (std::size_t i = 0; i < a_codes_.size(); ++i) a_codes_[i] = a_.encode(a(i), i % s.k);
    copies_.emplace_back(s.k * s.n);
    for (std::size_t i = 0; i < s.k * s.n; ++i) copies_[0][i] = b_.encode(b(i), i % s.n);
    const std::size_t bytes = s.k * s.n * sizeof(typename B::element);
    count_ = copies_of(bytes, how);
    if (is_packed(how)) {
      for (std::size_t i = 0; i < count_; ++i) packed_.push_back(packed(weights_in(copies_[0])));
      copies_.clear();
    } else {
      while (copies_.size() < count_) {
        copies_.emplace_back(s.k * s.n);
        std::copy_n(copies_[0].data(), s.k * s.n, copies_.back().data());
      }
    }
  }

  void run() override {
    const auto activations = a_.view(narrow::view(std::as_const(a_codes_).data(), extents.m, extents.k));
    const auto to = narrow::view(c_.data(), extents.m, extents.n);
    c_.with_options([&](const auto&... options) {
      if (is_packed(how_)) {
        narrow::gemm(activations, packed_[next_], to, options...);
      } else {
        narrow::gemm(activations, weights_in(copies_[next_]), to, options...);
      }
    });
    if (++next_ == count_) next_ = 0;
  }
  double result(std::size_t i, std::size_t j) const override { return c_.result(i * extents.n + j, A::unit * B::unit); }
  double representable(double exact) const override { return c_.representable(exact); }

 private:
  static sums sums_of(const shape& s) { return {s.n, s.k, narrow::per_column}; }
  auto weights_in(const buffer<typename B::element>& codes) const {
    return b_.view(narrow::view(codes.data(), extents.k, extents.n));
  }
  // For activations of A.
  template <class View>
  static auto packed(const View& b) {
    return narrow::pack<typename A::element>(b);
  }
  using packed_weights =
      decltype(packed(std::declval<const B&>().view(narrow::matrix_view<const typename B::element>{})));

  A a_;
  B b_;
  C c_;
  buffer<typename A::element> a_codes_;
  std::vector<buffer<typename B::element>> copies_;
  std::vector<packed_weights> packed_;
  const weights how_;
  std::size_t count_ = 1, next_ = 0;
};

template <class A, class B, class C>
std::unique_ptr<product> make_product(const shape& s, weights how) {
  return std::make_unique<library_product<A, B, C>>(s, how);
}

}  // namespace bench
