// expect: gemm takes views, as view(vector, rows, columns)
// A vector has no rows.
#include <narrow/gemm.hpp>

void f(const std::vector<float>& a, const std::vector<float>& b, std::vector<float>& c) { narrow::gemm(a, b, c); }
