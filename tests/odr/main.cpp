// Exit status 0: both files agree; 1: they do not; 77: this CPU cannot run the file built for AVX2.
#include <cstddef>
#include <cstdio>

#include "odr/results.hpp"

int main() {
#if defined(__x86_64__) || defined(__i386__)
  if (!__builtin_cpu_supports("avx2") || !__builtin_cpu_supports("fma")) return 77;
#endif
  const results plain = plain_results();
  const results wide = wide_results();
  if (plain.empty() || plain.size() != wide.size()) return 1;
  for (std::size_t i = 0; i < plain.size(); ++i) {
    if (plain[i] == wide[i]) continue;
    std::printf("result %zu: plain %016llx, wide %016llx\n", i, static_cast<unsigned long long>(plain[i]),
                static_cast<unsigned long long>(wide[i]));
    return 1;
  }
  std::printf("%zu results agree\n", plain.size());
}
