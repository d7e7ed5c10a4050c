// Products with one row or one column: a matrix of `outputs` x `depth` times a vector, the matrix read once, from where
// it lies. This file is the contract of their kernels and the driver over them, which knows neither format nor target.
//
// The vector is packed: groups of depth in units, as a row of a is for a tile (kernel.hpp), padded to whole steps with
// terms that leave any sum as it is. Memory may run either way:
//
//   along   a line of memory is an output, its elements follow the depth: dot products, of one line of each of several
//           streams of lines at once
//   across  a line of memory is a term, its elements are outputs: each line times one element of the vector is added
//           to partial sums of all outputs, which stay in the first- or second-level cache
//
// Reals add their terms as accumulator.hpp says: group g to partial sum g % 16, each a chain in ascending order, then a
// tree. Along, the partial sums of an output are the lanes of its vectors; across, rows of memory. Integers take any.
#pragma once

#include <algorithm>
#include <cstddef>
#include <cstdint>
#include <cstring>

#include "narrow/detail/gemm/driver.hpp"

namespace narrow::detail {

// One call of a kernel. Sums are of the kernel's type.
struct vector_arguments {
  const std::byte* matrix = nullptr;
  std::ptrdiff_t stride = 0;  // bytes from line to line
  std::size_t lines = 0;      // along: outputs of each stream; across: terms
  std::size_t columns = 0;    // elements of a line; along: terms; across: outputs, at least the kernel's block
  const std::byte* x = nullptr;
  std::ptrdiff_t more = 0;       // bytes only: where not 0, terms are the sums of those of x and of those so far behind
  const void* source = nullptr;  // what else the kernel needs to read an element
  std::uint8_t blank = 0;        // what stands for a missing element: each of its bytes
  void* sums = nullptr;

  // Along: 1 stream, or as many as the kernel has, `apart` bytes from one to the next and their sums `sums_apart`.
  std::size_t streams = 1;
  std::ptrdiff_t apart = 0;
  std::size_t sums_apart = 0;

  // Across: rows of partial sums, `pitch` elements from one to the next; a line of blanks, which completes a group.
  std::size_t pitch = 0;
  const std::byte* blanks = nullptr;
};

struct vector_kernel {
  std::size_t group = 0, unit = 0;  // of the packed vector: terms and bytes of a group
  std::size_t element = 0;          // bytes of a matrix element
  std::size_t sum_bytes = 0;
  std::size_t streams = 0;  // along: lines at once
  std::size_t block = 0;    // across: outputs that a step takes
  std::size_t chains = 0;   // across: rows of partial sums
  void (*along)(const vector_arguments& t) = nullptr;
  void (*across)(const vector_arguments& t) = nullptr;  // adds to the partial sums
  // The sums of t.columns outputs from their partial sums.
  void (*join)(const vector_arguments& t, void* sums) = nullptr;
};

struct vector_plan {
  const vector_kernel* kernel = nullptr;
  std::size_t outputs = 0, depth = 0;
  bool outputs_are_columns = false;  // of c

  bool is_along = true;
  const std::byte* matrix = nullptr;  // null: lines are read into a workspace first
  std::ptrdiff_t stride = 0;
  const void* operand = nullptr;
  bool with_scale = false;
  void (*read)(const void* operand, std::size_t output, std::size_t term, bool along, std::size_t n, bool with_scale,
               std::byte* to) = nullptr;
  const std::byte* x = nullptr;
  std::ptrdiff_t more = 0;
  const void* source = nullptr;
  std::uint8_t blank = 0;

  // Integers: x holds terms less their zero point, and sum x (w - zw) = sum x w - zw (sum of x)
  zero_points zero;  // of the matrix, along the outputs
  std::int32_t x_total = 0;
  void (*correct)(std::int32_t* sums, std::size_t n, const std::int32_t* zeros, bool zeros_vary,
                  std::int32_t x_total) = nullptr;

  void* c = nullptr;  // where the sums are the result, c_stride elements from one to the next; else
  std::ptrdiff_t c_stride = 0;
  const void* finisher = nullptr;
  void (*finish)(const void* finisher, const void* sums, std::ptrdiff_t stride, std::size_t i, std::size_t rows,
                 std::size_t j, std::size_t columns) = nullptr;
};

struct vector_workspace {
  scratch lines, blanks, partials, sums;
};

namespace vector_blocks {
// Groups to which a packed vector is padded; outputs whose sums are finished at once; bytes of all partial sums of a
// block of outputs, and of lines that are read first.
inline constexpr std::size_t groups = 64, outputs = 64, partial_bytes = 1 << 18, line_bytes = 1 << 16;
// Of a single row of partial sums, beside the lines in the first-level cache.
inline constexpr std::size_t row_bytes = 1 << 14;
}  // namespace vector_blocks

class vector_run {
 public:
  explicit vector_run(const vector_plan& plan) : p(plan), kernel(*plan.kernel), space(*lease) {}

  // Outputs [first, first + count).
  void run(std::size_t first, std::size_t count) {
    if (p.is_along) {
      along(first, count);
    } else {
      across(first, count);
    }
  }

 private:
  void along(std::size_t first, std::size_t count) {
    if (p.matrix != nullptr)
      return lines(p.matrix + static_cast<std::ptrdiff_t>(first) * p.stride, p.stride, first, count);
    const std::size_t stride = divided_up(p.depth * kernel.element, 64) * 64 + 64;
    const std::size_t at_once = std::clamp<std::size_t>(vector_blocks::line_bytes / stride, kernel.streams, 64);
    std::byte* const memory = space.lines.bytes(at_once * stride);
    for (std::size_t o = first; o < first + count; o += at_once) {
      const std::size_t some = std::min(at_once, first + count - o);
      for (std::size_t r = 0; r < some; ++r) {
        p.read(p.operand, o + r, 0, true, p.depth, p.with_scale, memory + r * stride);
      }
      lines(memory, static_cast<std::ptrdiff_t>(stride), o, some);
    }
  }

  // The outputs of `count` lines. Each stream is a part of them; at most three lines remain, one by one.
  void lines(const std::byte* matrix, std::ptrdiff_t stride, std::size_t output, std::size_t count) {
    constexpr std::size_t most = vector_blocks::outputs, most_streams = 4;
    alignas(64) std::byte sums[most_streams * most * 8 + 64];  // a finish reads whole vectors
    vector_arguments t = arguments();
    t.stride = stride;
    t.columns = p.depth;
    const bool direct = in_place();
    const auto run = [&](std::size_t streams, std::size_t first, std::size_t length) {
      t.streams = streams;
      t.apart = static_cast<std::ptrdiff_t>(length) * stride;
      for (std::size_t o = first; o < first + length; o += most) {
        t.matrix = matrix + static_cast<std::ptrdiff_t>(o) * stride;
        t.lines = std::min(most, first + length - o);
        t.sums = direct ? place(output + o) : sums;
        t.sums_apart = direct ? length : t.lines;
        kernel.along(t);
        // Sums side by side are finished at once.
        const std::size_t pieces = t.lines == length && !direct ? 1 : streams;
        for (std::size_t s = 0; s < pieces; ++s) {
          finish(static_cast<std::byte*>(t.sums) + s * t.sums_apart * kernel.sum_bytes, output + o + s * length,
                 pieces == 1 ? streams * t.lines : t.lines);
        }
      }
    };
    const std::size_t length = count / kernel.streams;
    run(kernel.streams, 0, length);
    run(1, length * kernel.streams, count - length * kernel.streams);
  }

  void across(std::size_t first, std::size_t count) {
    vector_arguments t = arguments();
    const bool direct = p.matrix != nullptr && count >= kernel.block;
    const std::size_t pitch_bytes = std::min(vector_blocks::partial_bytes / kernel.chains, vector_blocks::row_bytes);
    const std::size_t block = kernel.block;
    const std::size_t most = direct ? std::max(pitch_bytes / kernel.sum_bytes / block, std::size_t{2}) * block : block;
    for (std::size_t o = first; o < first + count;) {
      const std::size_t left = first + count - o;
      // No rest may be narrower than a block.
      const std::size_t now = left <= most ? left : direct && left < most + block ? most - block : most;
      t.columns = direct ? now : block;
      t.pitch = divided_up(t.columns, block) * block + 64 / kernel.sum_bytes;
      t.sums = filled(space.partials, kernel.chains * t.pitch * kernel.sum_bytes, 0);
      t.blanks = filled(space.blanks, t.pitch * kernel.element, p.blank);
      if (direct) {
        t.matrix = p.matrix + static_cast<std::ptrdiff_t>(o * kernel.element);
        t.lines = p.depth;
        kernel.across(t);
      } else {
        read_across(t, o, now);
      }
      std::byte* const sums = in_place() && t.columns == now ? place(o) : space.sums.bytes(t.pitch * kernel.sum_bytes);
      kernel.join(t, sums);
      finish(sums, o, now);
      o += now;
    }
  }

  // Lines of one block of outputs, copied and padded with zeros, as many at once as the partial sums have rows or more.
  void read_across(vector_arguments& t, std::size_t output, std::size_t n) {
    const std::size_t line = kernel.block * kernel.element, step = kernel.chains * kernel.group;
    const std::size_t at_once = std::max(vector_blocks::line_bytes / line / step, std::size_t{1}) * step;
    std::byte* const lines = filled(space.lines, std::min(at_once, p.depth) * line, 0);
    t.stride = static_cast<std::ptrdiff_t>(line);
    t.matrix = lines;
    for (std::size_t k = 0; k < p.depth; k += at_once) {
      t.lines = std::min(at_once, p.depth - k);
      for (std::size_t r = 0; r < t.lines; ++r) {
        p.read(p.operand, output, k + r, false, n, p.with_scale, lines + r * line);
      }
      t.x = p.x + k / kernel.group * kernel.unit;
      kernel.across(t);
    }
    t.x = p.x;
  }

  // Zero points, then the output.
  void finish(void* sums, std::size_t output, std::size_t n) {
    if (p.correct != nullptr) {
      const std::int32_t* const zeros = p.zero.values + (p.zero.varies ? output : 0);
      p.correct(static_cast<std::int32_t*>(sums), n, zeros, p.zero.varies, p.x_total);
    }
    const std::byte* const from = static_cast<const std::byte*>(sums);
    if (p.c != nullptr) {
      if (from == place(output)) return;
      for (std::size_t t = 0; t < n; ++t) {
        std::memcpy(place(output + t), from + t * kernel.sum_bytes, kernel.sum_bytes);
      }
      return;
    }
    for (std::size_t t = 0; t < n; t += vector_blocks::outputs) {
      const std::size_t some = std::min(vector_blocks::outputs, n - t);
      if (p.outputs_are_columns) {
        p.finish(p.finisher, from + t * kernel.sum_bytes, 0, 0, 1, output + t, some);
      } else {
        p.finish(p.finisher, from + t * kernel.sum_bytes, 1, output + t, some, 0, 1);
      }
    }
  }

  vector_arguments arguments() const {
    vector_arguments t;
    t.stride = p.stride;
    t.x = p.x;
    t.more = p.more;
    t.source = p.source;
    t.blank = p.blank;
    return t;
  }
  bool in_place() const { return p.c != nullptr && p.c_stride == 1; }
  std::byte* place(std::size_t output) const {
    if (p.c == nullptr) return nullptr;
    return static_cast<std::byte*>(p.c) +
           static_cast<std::ptrdiff_t>(output) * p.c_stride * static_cast<std::ptrdiff_t>(kernel.sum_bytes);
  }
  static std::byte* filled(scratch& memory, std::size_t size, std::uint8_t value) {
    std::byte* const result = memory.bytes(size);
    if (size != 0) std::memset(result, value, size);
    return result;
  }

  const vector_plan& p;
  const vector_kernel& kernel;
  leased<vector_workspace> lease;
  vector_workspace& space;
};

}  // namespace narrow::detail
