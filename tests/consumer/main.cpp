// A user's program, small on purpose: it shows that the target brings the headers and the language standard.
#include <cstdio>
#include <narrow/random.hpp>

int main() {
  const auto bits = narrow::random_bits(1, 2, 3);
  std::printf("%08lx\n", static_cast<unsigned long>(bits));
  static_assert(__cplusplus >= 202002L);
  return bits == narrow::random_bits(1, 2, 3) ? 0 : 1;
}
