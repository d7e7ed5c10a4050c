// OpenBLAS: sgemm, which packs both operands in every call, and for a single vector sgemv.
#include <cblas.h>

#include <algorithm>

#include "gemm/product.hpp"
#include "support/buffer.hpp"

namespace bench {

namespace {

class blas_product final : public product {
 public:
  blas_product(const shape& s, weights how, bool as_vector)
      : product(s, -1, -1), a_values_(s.m * s.k), c_(s.m * s.n), as_vector_(as_vector) {
    for (std::size_t i = 0; i < a_values_.size(); ++i) a_values_[i] = a(i);
    copies_.emplace_back(s.k * s.n);
    for (std::size_t i = 0; i < s.k * s.n; ++i) copies_[0][i] = b(i);
    const std::size_t count = copies_of(s.k * s.n * sizeof(float), how);
    while (copies_.size() < count) {
      copies_.emplace_back(s.k * s.n);
      std::copy_n(copies_[0].data(), s.k * s.n, copies_.back().data());
    }
  }

  void run() override {
    const auto m = static_cast<int>(extents.m), n = static_cast<int>(extents.n), k = static_cast<int>(extents.k);
    const float* const b_values = copies_[next_].data();
    if (++next_ == copies_.size()) next_ = 0;
    if (!as_vector_) {
      cblas_sgemm(CblasRowMajor, CblasNoTrans, CblasNoTrans, m, n, k, 1.0F, a_values_.data(), k, b_values, n, 0.0F,
                  c_.data(), n);
    } else if (m == 1) {
      cblas_sgemv(CblasRowMajor, CblasTrans, k, n, 1.0F, b_values, n, a_values_.data(), 1, 0.0F, c_.data(), 1);
    } else {
      cblas_sgemv(CblasRowMajor, CblasNoTrans, m, k, 1.0F, a_values_.data(), k, b_values, 1, 0.0F, c_.data(), 1);
    }
  }
  double result(std::size_t i, std::size_t j) const override { return static_cast<double>(c_[i * extents.n + j]); }

 private:
  buffer<float> a_values_, c_;
  std::vector<buffer<float>> copies_;
  const bool as_vector_;
  std::size_t next_ = 0;
};

}  // namespace

void add_openblas(std::vector<peer>& to) {
  const std::vector<weights> hows{weights::unpacked, weights::cold};
  to.push_back({"openblas", "", "float32", hows, [](const shape& s, weights how) -> std::unique_ptr<product> {
                  return std::make_unique<blas_product>(s, how, false);
                }});
  to.push_back({"openblas", "_sgemv", "float32", hows,
                [](const shape& s, weights how) -> std::unique_ptr<product> {
                  return std::make_unique<blas_product>(s, how, true);
                },
                true});
}

}  // namespace bench
