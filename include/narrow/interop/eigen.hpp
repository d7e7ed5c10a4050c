// Numbers as scalars of Eigen's matrices (3.3 or later): Eigen::Matrix<narrow::bfloat16, 4, 4>. Its products then add
// in the number's own type, each sum rounded once, in an order that is Eigen's; for a product in a wider one, or at the
// machine's speed, there is narrow::gemm. Formats without a zero (binary, float8_e8m0fnu) can be stored, not
// multiplied.
#pragma once

#include <Eigen/Core>
#include <limits>

#include "narrow/number.hpp"
#include "narrow/number_math.hpp"
#include "narrow/number_traits.hpp"

namespace Eigen {

// GenericNumTraits takes most of it from std::numeric_limits.
template <class E, class Rounding, class Overflow>
struct NumTraits<narrow::number<E, Rounding, Overflow>> : GenericNumTraits<narrow::number<E, Rounding, Overflow>> {
  using number = narrow::number<E, Rounding, Overflow>;
  // An operation on the CPU's own float costs 1.
  enum {
    IsSigned = std::numeric_limits<number>::is_signed,
    RequireInitialization = 0,
    ReadCost = 1,
    AddCost = 20,
    MulCost = 20
  };
  static number lowest() { return std::numeric_limits<number>::lowest(); }  // fixed point reaches below -highest
  // What isApprox tolerates: a few units in the last place.
  static number dummy_precision() { return number(4 * double(std::numeric_limits<number>::epsilon())); }
};

}  // namespace Eigen
