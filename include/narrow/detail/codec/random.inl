// Philox4x32-7 over a target's vectors: random_bits (random.hpp) of whole groups of 64 elements. Included in a target's
// region and namespace, which has, for vectors of 64-bit lanes,
//   pairs                      the vector; pairs::lanes of them
//   spread(x), even_blocks(), odd_blocks()    x in every lane; 0, 2, 4, ..; 1, 3, 5, ..
//   multiply(a, b)             the full products of the low halves
//   add(a, b), exclusive_or(a, b), exclusive_or(a, b, c), upper(a)    upper: each lane's high half to its low half
//   interleave_low(a, b)       32-bit lanes a0 b0 a1 b1 .. from low halves;  interleave_high: from high halves
//
// A block of the generator sits in one 64-bit lane of four vectors c0..c3, whose high halves hold garbage: a product
// reads low halves only, and is itself the next c1 or c3. One round of 8 blocks is then 2 products, 2 shifts and 2
// three-way exclusive ors, with nothing to merge until the end. Counter words 1, 2 and 3 are the same in all blocks of
// a group, so that one product of each of the first two rounds is a scalar.
//
//   a group of 64 elements on AVX-512: 24 vpmuludq, 50 others; two instructions a cycle on Zen 4

template <class V>
struct philox_blocks {
  V c0, c1, c2, c3;
};

// Rounds 1 and 2 of the blocks whose low counter words are in `block`.
[[gnu::always_inline]] inline void philox_begin(const pairs& block, const philox_start& s, philox_blocks<pairs>& b) {
  const pairs first = multiply(block, spread(0xD2511F53));
  const pairs c2 = exclusive_or(upper(first), spread(s.c2_of_round_1));
  const pairs second = multiply(c2, spread(0xCD9E8D57));
  b.c0 = exclusive_or(upper(second), spread(s.c0_of_round_2));
  b.c1 = second;
  b.c2 = exclusive_or(first, spread(s.c2_of_round_2));
  b.c3 = spread(s.c3_of_round_2);
}

[[gnu::always_inline]] inline void philox_round(philox_blocks<pairs>& b, const std::uint64_t& key0,
                                                const std::uint64_t& key1) {
  const pairs product0 = multiply(b.c0, spread(0xD2511F53)), product1 = multiply(b.c2, spread(0xCD9E8D57));
  b.c0 = exclusive_or(upper(product1), b.c1, spread(key0));
  b.c1 = product1;
  b.c2 = exclusive_or(upper(product0), b.c3, spread(key1));
  b.c3 = product0;
}

// Two groups at a time: the chains of one leave a third of the multiplier idle, and the schedulers are too small to
// look ahead to the next. `even` and `odd` are the low counter words of the first group's blocks.
template <std::size_t Groups>
[[gnu::always_inline]] inline void random_blocks(const philox_start& start, const pairs& first_even,
                                                 const pairs& first_odd, std::uint32_t* words) {
  philox_blocks<pairs> even[Groups], odd[Groups];
  NARROW_UNROLL for (std::size_t g = 0; g < Groups; ++g) {
    philox_begin(add(first_even, spread(16 * g)), start, even[g]);
    philox_begin(add(first_odd, spread(16 * g)), start, odd[g]);
  }
  NARROW_UNROLL for (int round = 2; round < 6; ++round) {
    NARROW_UNROLL for (std::size_t g = 0; g < Groups; ++g) {
      philox_round(even[g], start.key(0, round), start.key(1, round));
      philox_round(odd[g], start.key(0, round), start.key(1, round));
    }
  }
  const pairs key0 = spread(start.last_keys(0)), key1 = spread(start.last_keys(1));
  NARROW_UNROLL for (std::size_t g = 0; g < Groups; ++g) {
    const pairs even0 = multiply(even[g].c0, spread(0xD2511F53)), even1 = multiply(even[g].c2, spread(0xCD9E8D57));
    const pairs odd0 = multiply(odd[g].c0, spread(0xD2511F53)), odd1 = multiply(odd[g].c2, spread(0xCD9E8D57));
    std::uint32_t* const to = words + 64 * g;
    store(to, exclusive_or(interleave_high(even1, odd1), interleave_low(even[g].c1, odd[g].c1), key0));
    store(to + 16, interleave_low(even1, odd1));
    store(to + 32, exclusive_or(interleave_high(even0, odd0), interleave_low(even[g].c3, odd[g].c3), key1));
    store(to + 48, interleave_low(even0, odd0));
  }
}

// The words of elements 64 * group to 64 * (group + groups) - 1.
[[gnu::noinline]] inline void random_groups(std::uint64_t seed, std::uint64_t stream, std::uint64_t group,
                                            std::size_t groups, std::uint32_t* words) {
  constexpr int parts = 16 / (2 * pairs::lanes), at_once = pairs::lanes == 8 ? 2 : 1;
  while (groups != 0) {
    // As many groups as share the high counter word of their blocks. Indices wrap at 2^64.
    const std::uint64_t block = (group << 6) >> 2, low = static_cast<std::uint32_t>(block);
    const std::uint64_t left = ((std::uint64_t{1} << 32) - low) / 16;
    std::size_t run = groups < left ? groups : static_cast<std::size_t>(left);
    group += run, groups -= run;
    const philox_start start(seed, stream, block);
    pairs even[parts], odd[parts];
    NARROW_UNROLL for (int part = 0; part < parts; ++part) {
      even[part] = add(even_blocks(), spread(low + static_cast<std::uint64_t>(part * 2 * pairs::lanes)));
      odd[part] = add(odd_blocks(), spread(low + static_cast<std::uint64_t>(part * 2 * pairs::lanes)));
    }
    for (; at_once == 2 && run > 1; run -= 2, words += 128) {
      random_blocks<at_once>(start, even[0], odd[0], words);
      even[0] = add(even[0], spread(32)), odd[0] = add(odd[0], spread(32));
    }
    for (; run != 0; --run, words += 64) {
      NARROW_UNROLL for (int part = 0; part < parts; ++part) {
        random_blocks<1>(start, even[part], odd[part], words + part * 2 * pairs::lanes);
        even[part] = add(even[part], spread(16)), odd[part] = add(odd[part], spread(16));
      }
    }
  }
}
