// A program that takes its kernels from narrow::kernels.
#include <cstdio>
#include <narrow/gemm.hpp>
#include <vector>

int main() {
  const std::vector<float> a{1, 2, 3, 4}, b{5, 6, 7, 8}, expected{19, 22, 43, 50};
  std::vector<float> c(4);
  narrow::gemm(narrow::view(a, 2, 2), narrow::view(b, 2, 2), narrow::view(c, 2, 2));
  std::printf("%g %g %g %g\n", double{c[0]}, double{c[1]}, double{c[2]}, double{c[3]});
  return c == expected ? 0 : 1;
}
