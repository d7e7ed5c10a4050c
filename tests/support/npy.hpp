// numpy .npy files, format version 1.0, little-endian, C order.
#pragma once

#include <cstdint>
#include <cstring>
#include <filesystem>
#include <fstream>
#include <iterator>
#include <stdexcept>
#include <string>
#include <vector>

namespace support {

struct npy {
  std::string type;  // numpy's: f2 f4 f8 i1 i2 i4 i8 u1 u2 u4 u8 b1
  std::vector<std::size_t> shape;
  std::vector<char> bytes;

  std::size_t size() const {
    std::size_t n = 1;
    for (const std::size_t extent : shape) n *= extent;
    return n;
  }
  // The elements as stored; T has the stored size.
  template <class T>
  std::vector<T> as() const {
    if (sizeof(T) * size() != bytes.size())
      throw std::runtime_error("npy: element type " + type + " is of another size");
    std::vector<T> values(size());
    if (!values.empty()) std::memcpy(values.data(), bytes.data(), bytes.size());
    return values;
  }
  // The elements converted to double (f2 excepted, which has no C++ type here).
  std::vector<double> reals() const {
    if (type == "f4") return converted<float>();
    if (type == "f8") return converted<double>();
    if (type == "i1") return converted<std::int8_t>();
    if (type == "i2") return converted<std::int16_t>();
    if (type == "i4") return converted<std::int32_t>();
    if (type == "i8") return converted<std::int64_t>();
    if (type == "u1" || type == "b1") return converted<std::uint8_t>();
    if (type == "u2") return converted<std::uint16_t>();
    if (type == "u4") return converted<std::uint32_t>();
    if (type == "u8") return converted<std::uint64_t>();
    throw std::runtime_error("npy: no conversion of type " + type);
  }

 private:
  template <class T>
  std::vector<double> converted() const {
    const auto values = as<T>();
    std::vector<double> result;
    for (const T v : values) result.push_back(static_cast<double>(v));
    return result;
  }
};

inline npy read_npy(const std::filesystem::path& path) {
  std::ifstream file(path, std::ios::binary);
  const std::string all{std::istreambuf_iterator<char>(file), std::istreambuf_iterator<char>()};
  if (all.size() < 10 || all.compare(1, 5, "NUMPY") != 0)
    throw std::runtime_error(path.string() + ": not an .npy file");
  const std::size_t length = static_cast<unsigned char>(all[8]) + 256U * static_cast<unsigned char>(all[9]);
  const std::string header = all.substr(10, length);
  npy result;
  const auto descr = header.find("'descr': '") + 10;
  result.type = header.substr(descr + 1, header.find('\'', descr) - descr - 1);
  if (header.find("'fortran_order': False") == std::string::npos)
    throw std::runtime_error(path.string() + ": not C order");
  auto at = header.find('(', header.find("'shape'")) + 1;
  const auto end = header.find(')', at);
  while (at < end) {
    std::size_t used = 0;
    const std::string rest = header.substr(at, end - at);
    if (rest.find_first_of("0123456789") == std::string::npos) break;
    result.shape.push_back(std::stoul(rest, &used));
    at = header.find(',', at);
    if (at == std::string::npos || at > end) break;
    ++at;
  }
  result.bytes.assign(all.begin() + static_cast<std::ptrdiff_t>(10 + length), all.end());
  return result;
}

}  // namespace support
