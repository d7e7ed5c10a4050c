// What gathering the patches of a convolution (patches.inl, detail/conv/patches.hpp) speaks of.
#pragma once

#include <cstddef>

#include "narrow/detail/workspace.hpp"

namespace narrow::detail {

// The part of the padded image that some pixels' terms lie in.
struct patch_band {
  std::size_t first_line, lines, first_column, columns;
};

// Terms of a pixel that lie side by side in a band: elements, the offset from the pixel's first.
struct patch_run {
  std::size_t offset, length;
};

struct patch_workspace {
  scratch band, runs, limbs;
};

}  // namespace narrow::detail
