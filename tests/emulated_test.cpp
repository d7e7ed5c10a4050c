// Emulated accumulators against a slow oracle: sums as integers of 128 bits in units of 2^-64, rounded by the tests'
// own rules (support/oracle.hpp), on every target. Of the library it uses the encodings' decoding only.
#include "support/emulated_check.hpp"

namespace {

using narrow::accumulate_in;
using narrow::float32_chunks;
using support::a_users_own;
using support::check;
using support::check_sizes;
using support::EmulatedTargets;
using support::ibm_1_6_9;

template <class T>
class Emulated : public EmulatedTargets {};
using accumulators = testing::Types<narrow::float16, narrow::bfloat16, narrow::float8_e5m2, ibm_1_6_9,
                                    narrow::fixed<4, 12>, a_users_own>;
TYPED_TEST_SUITE(Emulated, accumulators);

TYPED_TEST(Emulated, EachStep) { check_sizes<narrow::float16>(accumulate_in<TypeParam>{}); }
TYPED_TEST(Emulated, EachChunk) { check_sizes<narrow::float16>(float32_chunks<TypeParam>{}); }

TEST_F(EmulatedTargets, OperandsOfOtherFormats) {
  check<narrow::bfloat16>(accumulate_in<narrow::bfloat16>{}, 5, 50, 37);
  check<narrow::float8_e5m2>(accumulate_in<ibm_1_6_9>{.chunk = 64}, 5, 150, 37);
  check<narrow::fixed<4, 12>>(accumulate_in<narrow::fixed<4, 12>>{}, 5, 50, 37);
  check<narrow::fixed<4, 12>>(accumulate_in<narrow::float16>{}, 5, 50, 37);
  check<float>(accumulate_in<narrow::float16>{}, 5, 50, 37);  // products of 48 bits
}

// Few exponents: most sums are subnormal or overflow.
TEST_F(EmulatedTargets, StochasticAtTheEnds) {
  using narrow::float_descriptor, narrow::float_format, narrow::number, narrow::stochastic_sequence;
  using small = number<float_format<float_descriptor{3, 6, 3}>>;
  using saturating = number<float_format<float_descriptor{2, 6, 0, narrow::specials::nan_negative_zero}>>;
  for (const bool pre_round : {false, true}) {
    for (const int count : {1, 8, 31}) {
      const stochastic_sequence bits{6, 0, 0, count, pre_round};
      check<narrow::float16>(accumulate_in<small, stochastic_sequence>{20, bits}, 5, 150, 37);
      check<narrow::float16>(accumulate_in<saturating, stochastic_sequence>{20, bits}, 5, 150, 37);
    }
  }
}

}  // namespace
