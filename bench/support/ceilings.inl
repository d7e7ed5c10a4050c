// The text of one instruction's loop, included once in each target's region (ceilings.hpp). Twelve sums that do not
// depend on each other cover the latency of every instruction here (at most 6 cycles, two a cycle), and with both
// operands and a temporary they fit 16 registers. They are named: GCC keeps an array of them in memory.
template <class Step>
[[gnu::noinline]] void run_chains(std::size_t rounds) {
  using vector = typename Step::vector;
  // 0x3F3F3F3F: 0.75 as a float or as bfloat16, 63 as a byte.
  vector a, b, c0{}, c1{}, c2{}, c3{}, c4{}, c5{}, c6{}, c7{}, c8{}, c9{}, c10{}, c11{};
  std::memset(&a, 0x3F, sizeof a);
  std::memset(&b, 0x3F, sizeof b);
  for (std::size_t i = 0; i < rounds; ++i) {
    Step::run(c0, a, b), Step::run(c1, a, b), Step::run(c2, a, b), Step::run(c3, a, b);
    Step::run(c4, a, b), Step::run(c5, a, b), Step::run(c6, a, b), Step::run(c7, a, b);
    Step::run(c8, a, b), Step::run(c9, a, b), Step::run(c10, a, b), Step::run(c11, a, b);
  }
}
