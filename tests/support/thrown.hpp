// What a call complains of.
#pragma once

#include <stdexcept>
#include <string>

namespace support {

// The message of the std::invalid_argument that action throws; empty where it throws nothing.
template <class Action>
std::string thrown(const Action& action) {
  try {
    action();
  } catch (const std::invalid_argument& error) {
    return error.what();
  }
  return "";
}

}  // namespace support
