// Emulated accumulators under every rounding and overflow rule, and on all codes: special numbers, sums that overflow,
// terms too far apart to meet.
#include <limits>

#include "support/emulated_check.hpp"

namespace {

using narrow::accumulate_in;
using narrow::float32_chunks;
using narrow::view;
using support::a_users_own;
using support::check;
using support::check_sizes;
using support::EmulatedTargets;
using support::ibm_1_6_9;
using support::on_every_target;

TEST_F(EmulatedTargets, EveryRounding) {
  check_sizes<narrow::float16>(accumulate_in<narrow::float16, narrow::toward_zero>{});
  check<narrow::float16>(accumulate_in<narrow::float16, narrow::nearest_away>{}, 5, 150, 37);
  check<narrow::float16>(accumulate_in<narrow::float16, narrow::toward_positive>{.chunk = 7}, 5, 150, 37);
  check_sizes<narrow::float16>(accumulate_in<narrow::float16, narrow::toward_negative>{});
  check<narrow::float16>(accumulate_in<narrow::bfloat16, narrow::to_odd>{.chunk = 7}, 5, 150, 37);
  check<narrow::float16>(accumulate_in<narrow::fixed<4, 12, narrow::toward_negative>>{}, 5, 150, 37);
  check<narrow::float16>(float32_chunks<narrow::float16, narrow::toward_negative>{7}, 5, 150, 37);
}

TEST_F(EmulatedTargets, EveryOverflow) {
  using narrow::nearest_even;
  using saturating = narrow::number<narrow::float_format<narrow::float_descriptor{3, 6, 4}>, nearest_even,
                                    narrow::saturate>;  // up to 7.9
  check<narrow::float16>(accumulate_in<saturating>{.chunk = 30}, 5, 150, 37);
  check<narrow::float16>(accumulate_in<narrow::fixed<3, 5, nearest_even, narrow::saturate_symmetric>>{}, 5, 150, 37);
  using wrapping = narrow::fixed<3, 13, nearest_even, narrow::wrap>;
  check<narrow::fixed<4, 4>>(accumulate_in<wrapping>{.chunk = 30}, 5, 150, 37);
  check<narrow::float16>(accumulate_in<wrapping>{.chunk = 30}, 5, 150, 37);  // by the definition
  check<narrow::fixed<4, 12>>(accumulate_in<narrow::fixed<8, 24>>{}, 5, 150, 37);
  check<narrow::float16>(accumulate_in<narrow::float8_e4m3fn>{.chunk = 30}, 5, 150, 37);
}

TEST_F(EmulatedTargets, Stochastic) {
  using narrow::stochastic_sequence;
  check_sizes<narrow::float16>(accumulate_in<narrow::float16, stochastic_sequence>{.rounding = {.seed = 5}});
  check_sizes<narrow::float16>(float32_chunks<ibm_1_6_9, stochastic_sequence>{.rounding = {7, 8, 9}});
  check<narrow::float16>(
      accumulate_in<narrow::bfloat16, stochastic_sequence>{40, {1, std::uint64_t{3} << 40, 70, 8, false}}, 5, 150, 37);
  check<narrow::float16>(
      accumulate_in<narrow::float16, stochastic_sequence>{40, {1, 2, std::uint64_t{5} << 60, 8, true}}, 5, 150, 37);
  check<narrow::fixed<4, 12>>(accumulate_in<narrow::fixed<4, 12>, stochastic_sequence>{.rounding = {3}}, 5, 150, 37);
  check<narrow::fixed<4, 12>>(accumulate_in<narrow::fixed<8, 24>, stochastic_sequence>{.rounding = {3}}, 5, 50, 37);
  // A type that rounds stochastically has a sequence without being asked.
  using own = narrow::number<ibm_1_6_9::encoding_type, narrow::stochastic>;
  check<narrow::float16>(accumulate_in<own>{.chunk = 64, .rounding = {.seed = 2}}, 3, 150, 17);
}

template <class T, class Term = T, class Rounding = narrow::nearest_even>
void check_all_codes() {
  const std::size_t m = 4, depth = 3, n = 4001;
  std::mt19937 random(3);
  std::vector<Term> a(m * depth), b(depth * n);
  for (auto* x : {&a, &b}) {
    for (auto& code : *x) code = Term::from_bits(static_cast<typename Term::bits_type>(random()));
  }
  std::vector<double> want(m * n);
  for (std::size_t at = 0; at < m * n; ++at) {
    for (std::size_t k = 0; k < depth; ++k) {
      const double x = double(a[at / n * depth + k]), y = double(b[k * n + at % n]);
      want[at] = support::slow_step<T>(want[at], x, y, Rounding{});
    }
  }
  on_every_target([&] {
    std::vector<double> c(m * n);
    narrow::gemm(view(a, m, depth), view(b, depth, n), view(c, m, n), accumulate_in<T, Rounding>{});
    for (std::size_t at = 0; at < c.size(); ++at) {
      const double expected = std::isnan(want[at]) ? std::numeric_limits<double>::quiet_NaN() : want[at];
      ASSERT_EQ(std::bit_cast<std::uint64_t>(c[at]), std::bit_cast<std::uint64_t>(expected))
          << at << ": " << c[at] << ", not " << expected;
    }
  });
}

TEST_F(EmulatedTargets, AllCodes) {
  check_all_codes<narrow::float16>();
  check_all_codes<narrow::bfloat16>();
  check_all_codes<ibm_1_6_9>();
  check_all_codes<a_users_own>();
  check_all_codes<narrow::float16, narrow::bfloat16>();
  check_all_codes<narrow::bfloat16, narrow::bfloat16, narrow::toward_zero>();
  check_all_codes<narrow::float16, narrow::float16, narrow::toward_negative>();
  check_all_codes<narrow::number<narrow::bfloat16::encoding_type, narrow::nearest_even, narrow::saturate>>();
  // Beyond the range of float: the scalar definition, and double lanes.
  using wide = narrow::number<narrow::float_format<narrow::float_descriptor{9, 4, 255}>>;
  check_all_codes<wide>();
  check_all_codes<wide, narrow::bfloat16>();
}

}  // namespace
