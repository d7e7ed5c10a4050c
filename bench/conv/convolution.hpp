// A convolution that can be run again and again, whoever computes it, and what makes one.
#pragma once

#include <cstddef>
#include <functional>
#include <memory>
#include <string>
#include <vector>

#include "conv/layer.hpp"
#include "narrow/interop/threads.hpp"
#include "support/compute_class.hpp"
#include "support/source.hpp"
#include "support/workload.hpp"

namespace bench {

// Sources are indexed as NHWC images and as kernels of (output, row, column, channel).
class convolution : public workload {
 public:
  convolution(const layer& l, float lowest_x, float lowest_w) : extents(l), x({1, lowest_x}), w({2, lowest_w}) {}

  double operations() const override { return extents.operations(); }
  // An element of what run() left, in units of the source.
  virtual double result(std::size_t index) const = 0;
  // What the output could hold of an exact result.
  virtual double representable(double exact) const { return exact; }

  // Whose threads run it; none: the caller's alone.
  void share(const narrow::thread_pool* pool) { threads_.pool = pool; }

  const layer extents;
  const source x, w;

 protected:
  // An executor of as many threads as there are, so that one call is compiled for all.
  struct some_threads {
    const narrow::thread_pool* pool = nullptr;

    std::size_t concurrency() const { return pool == nullptr ? 1 : pool->concurrency(); }
    template <class F>
    void parallel_for(std::size_t n, const F& f) const {
      if (pool != nullptr) return pool->parallel_for(n, f);
      for (std::size_t i = 0; i < n; ++i) f(i);
    }
  };
  some_threads threads_;
};

// Runs the convolution and compares a sample of its elements with sums in double of the unrounded source: the largest
// error, in units of the largest sampled element.
double sampled_error(convolution& c);

// Null where a library has no such convolution.
using convolution_maker = std::function<std::unique_ptr<convolution>(const layer&)>;

// A pair of operand formats with an output, computed by the library.
struct conv_format {
  std::string name;
  compute_class bound;
  convolution_maker make;
};
// The same computed by another library.
struct conv_peer {
  std::string library, format;
  convolution_maker make;
};

// Defined in one translation unit for each compute class.
void add_real_formats(std::vector<conv_format>& to);
void add_small_float_formats(std::vector<conv_format>& to);
void add_block_formats(std::vector<conv_format>& to);
void add_byte_formats(std::vector<conv_format>& to);
void add_word_formats(std::vector<conv_format>& to);
const std::vector<conv_format>& all_conv_formats();

// Present where the library was found at configure time.
void add_onednn(std::vector<conv_peer>& to);
const std::vector<conv_peer>& all_conv_peers();

}  // namespace bench
