// A product that can be run again and again, whoever computes it, and what makes one.
#pragma once

#include <cstddef>
#include <functional>
#include <memory>
#include <string>
#include <vector>

#include "gemm/shape.hpp"
#include "support/compute_class.hpp"
#include "support/source.hpp"
#include "support/workload.hpp"

namespace bench {

class product : public workload {
 public:
  product(const shape& s, float lowest_a, float lowest_b) : extents(s), a({1, lowest_a}), b({2, lowest_b}) {}

  double operations() const override { return extents.operations(); }
  // Element (i, j) of what run() left, in units of the source.
  virtual double result(std::size_t i, std::size_t j) const = 0;
  // What the output could hold of an exact result.
  virtual double representable(double exact) const { return exact; }

  const shape extents;
  const source a, b;
};

// Runs the product and compares a sample of its elements with sums in double of the unrounded source: the largest
// error, in units of the largest sampled element. So it holds the error of the format and that of the arithmetic.
double sampled_error(product& p);

// What is timed. packed: weights packed before. unpacked: row-major weights. cold: another copy of the weights in each
// call, together 256 MiB, so that they come from memory. Activations are row-major, and packed in the call if at all.
enum class weights { unpacked, packed, cold, packed_cold };
inline const char* suffix_of(weights how) {
  constexpr const char* suffixes[] = {"", "_packed", "_cold", "_packed_cold"};
  return suffixes[static_cast<std::size_t>(how)];
}
inline bool is_packed(weights how) { return how == weights::packed || how == weights::packed_cold; }
inline bool is_cold(weights how) { return how == weights::cold || how == weights::packed_cold; }

// Copies of weights of so many bytes.
inline std::size_t copies_of(std::size_t bytes, weights how) {
  constexpr std::size_t together = std::size_t{256} << 20;
  return is_cold(how) ? (together / bytes > 2 ? together / bytes : 2) : 1;
}

using product_maker = std::function<std::unique_ptr<product>(const shape&, weights)>;

// A pair of operand formats with an output, computed by the library.
struct format {
  std::string name;
  compute_class bound;
  product_maker make;
};

// The same computed by another library. `variant` tells several of one library apart.
struct peer {
  std::string library, variant, format;
  std::vector<weights> hows;
  product_maker make;
  bool only_vectors = false;
};

// Defined in one translation unit for each compute class.
void add_real_formats(std::vector<format>& to);
void add_small_float_formats(std::vector<format>& to);
void add_byte_formats(std::vector<format>& to);
void add_requantized_formats(std::vector<format>& to);
void add_word_formats(std::vector<format>& to);
void add_bit_formats(std::vector<format>& to);
void add_block_formats(std::vector<format>& to);
const std::vector<format>& all_formats();

// Present where the library was found at configure time.
void add_openblas(std::vector<peer>& to);
void add_onednn(std::vector<peer>& to);
const std::vector<peer>& all_peers();

}  // namespace bench
