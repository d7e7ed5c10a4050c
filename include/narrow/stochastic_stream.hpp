// The random bits of types whose rounding policy is stochastic: drawn from a stream of the thread's own.
#pragma once

#include <concepts>
#include <cstdint>

#include "narrow/random.hpp"
#include "narrow/rounding.hpp"

namespace narrow {

// The stream that the operators of types with a stochastic policy draw from: one per thread, counted, so that a thread
// that seeds it gets the same results each time. Nothing else in the library draws from it: `convert` and the bulk
// calls take their bits, or an index, from the caller.
struct stochastic_stream {
  std::uint64_t seed = 0;
  std::uint64_t stream = 0;
  std::uint64_t index = 0;

  stochastic next() noexcept { return stochastic{random_bits(seed, stream, index++)}; }
};

inline stochastic_stream& this_thread_stochastic() noexcept {
  static thread_local stochastic_stream stream;
  return stream;
}

// Threads that share a seed and a stream draw the same bits, as those that are never seeded do (0 and 0): give each
// thread a stream of its own.
inline void seed_this_thread(std::uint64_t seed, std::uint64_t stream = 0) noexcept {
  this_thread_stochastic() = {seed, stream, 0};
}

namespace detail {

template <class Rounding>
constexpr Rounding default_rounding() {
  if constexpr (std::same_as<Rounding, stochastic>) {
    return this_thread_stochastic().next();
  } else {
    return Rounding{};
  }
}

}  // namespace detail
}  // namespace narrow
