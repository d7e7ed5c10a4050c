// Stream output of a number: the shortest decimal text that reads back as the same real_type, and so as the same
// number. Whoever writes to a stream has included it.
#pragma once

#include <charconv>
#include <iosfwd>

#include "narrow/number.hpp"

namespace narrow {

// The width and the fill of the stream count, its precision and locale do not.
template <any_number T, class Traits>
std::basic_ostream<char, Traits>& operator<<(std::basic_ostream<char, Traits>& stream, T x) {
  char text[32];  // the longest shortest form of a double has 24 letters
  *std::to_chars(text, text + sizeof text - 1, x.to_real()).ptr = '\0';
  return stream << text;
}

}  // namespace narrow
