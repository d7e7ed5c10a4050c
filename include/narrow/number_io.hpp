// Stream output of a number: the shortest decimal text that reads back as the same real_type, and so as the same
// number. Not in narrow.hpp, because it needs streams.
#pragma once

#include <charconv>
#include <ostream>
#include <string_view>

#include "narrow/number.hpp"

namespace narrow {

// The width and the fill of the stream count, its precision and locale do not.
template <any_number T>
std::ostream& operator<<(std::ostream& stream, T x) {
  char text[32];  // the longest shortest form of a double has 24 letters
  const std::to_chars_result end = std::to_chars(text, text + sizeof text, x.to_real());
  return stream << std::string_view(text, static_cast<std::size_t>(end.ptr - text));
}

}  // namespace narrow
