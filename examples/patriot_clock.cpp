// The clock of the Patriot missile battery at Dhahran (1991): tenths of a second, counted exactly, times a tenth that
// was chopped to the 24 bits of a register. After 100 hours it had lost a third of a second, in which a Scud flies half
// a kilometre.
// Source: General Accounting Office, "Patriot Missile Defense: Software Problem Led to System Failure at Dhahran, Saudi
// Arabia", IMTEC-92-26, 1992.
#include <cstdio>
#include <narrow/narrow.hpp>

// Seconds that the clock has lost: the product of a count and a tenth of 23 fraction bits is exact in double.
template <class Tenth>
double lost(int hours) {
  const int ticks = hours * 3600 * 10;
  return ticks / 10.0 - ticks * double(Tenth{0.1});
}

int main() {
  using chopped = narrow::fixed<1, 23, narrow::toward_zero>;  // a sign and 23 fraction bits
  using rounded = narrow::fixed<1, 23>;                       // nearest even, the default
  const double metres_per_second = 1676;                      // a Scud's
  for (const int hours : {1, 8, 20, 48, 72, 100}) {
    std::printf("after %3d h: %.14f s late, %3.0f m off\n", hours, lost<chopped>(hours),
                metres_per_second * lost<chopped>(hours));
  }
  std::printf("rounded to nearest, after 100 h: %.14f s early\n", -lost<rounded>(100));
}
