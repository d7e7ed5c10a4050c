// IDX files, the format of MNIST: a big-endian magic (0, 0, element type, rank), the extents, the elements. Bytes only
// (type 0x08). Gzip-compressed files are read where NARROW_WITH_ZLIB is defined (link zlib); a file is known as one by
// its first two bytes, not by its name.
#pragma once

#include <cstddef>
#include <cstdint>
#include <filesystem>
#include <fstream>
#include <iterator>
#include <sstream>
#include <stdexcept>
#include <string>
#include <vector>

#if defined(NARROW_WITH_ZLIB)
#include <zlib.h>
#endif

namespace narrow {

// A file that cannot be read, or does not hold what it must.
class storage_error : public std::runtime_error {
 public:
  using std::runtime_error::runtime_error;
};

// Unsigned bytes, row-major: data.size() is the product of the extents.
struct idx_array {
  std::vector<std::size_t> extents;
  std::vector<std::uint8_t> data;
};

namespace detail {

template <class... Parts>
[[noreturn]] void fail_file(const std::filesystem::path& path, const Parts&... parts) {
  std::ostringstream message;
  message << path.string() << ": ";
  (message << ... << parts);
  throw storage_error(message.str());
}

inline std::vector<std::uint8_t> file_bytes(const std::filesystem::path& path) {
  if (!std::filesystem::exists(path)) fail_file(path, "no such file");
  if (!std::filesystem::is_regular_file(path)) fail_file(path, "not a regular file");
  std::ifstream file(path, std::ios::binary);
  if (!file) fail_file(path, "cannot be opened");
  std::vector<std::uint8_t> bytes{std::istreambuf_iterator<char>(file), std::istreambuf_iterator<char>()};
  if (file.bad()) fail_file(path, "cannot be read");
  return bytes;
}

#if defined(NARROW_WITH_ZLIB)
inline std::vector<std::uint8_t> inflate_gzip(const std::filesystem::path& path, std::vector<std::uint8_t>& packed) {
  z_stream stream{};
  if (inflateInit2(&stream, 15 + 16) != Z_OK) fail_file(path, "zlib cannot be initialized");
  stream.next_in = packed.data();
  stream.avail_in = static_cast<uInt>(packed.size());
  std::vector<std::uint8_t> bytes, chunk(std::size_t{1} << 18);
  int status = Z_OK;
  while (status == Z_OK) {
    stream.next_out = chunk.data();
    stream.avail_out = static_cast<uInt>(chunk.size());
    status = inflate(&stream, Z_NO_FLUSH);
    bytes.insert(bytes.end(), chunk.begin(), chunk.end() - static_cast<std::ptrdiff_t>(stream.avail_out));
  }
  inflateEnd(&stream);
  if (status != Z_STREAM_END) fail_file(path, "the gzip data are corrupt or cut off");
  return bytes;
}
#endif

}  // namespace detail

// Errors (storage_error, naming the file, what was found and what was expected): a file that is missing or not regular;
// gzip without zlib, or corrupt; a short header; a wrong magic or element type; extents that do not match the length.
inline idx_array read_idx(const std::filesystem::path& path) {
  std::vector<std::uint8_t> bytes = detail::file_bytes(path);
  if (bytes.size() >= 2 && bytes[0] == 0x1F && bytes[1] == 0x8B) {
#if defined(NARROW_WITH_ZLIB)
    bytes = detail::inflate_gzip(path, bytes);
#else
    detail::fail_file(path, "is compressed with gzip, and this program was built without zlib; decompress it first");
#endif
  }
  if (bytes.size() < 4) detail::fail_file(path, "has ", bytes.size(), " bytes; an IDX header has at least 4");
  if (bytes[0] != 0 || bytes[1] != 0) detail::fail_file(path, "does not begin with the two zero bytes of an IDX file");
  if (bytes[2] != 0x08) {
    detail::fail_file(path, "has element type ", int{bytes[2]}, "; only unsigned bytes (8) are supported");
  }
  const std::size_t rank = bytes[3];
  if (rank == 0 || rank > 4) detail::fail_file(path, "has rank ", rank, "; it must be 1 to 4");
  const std::size_t header = 4 + 4 * rank;
  if (bytes.size() < header) {
    detail::fail_file(path, "ends inside its header: ", bytes.size(), " bytes of ", header);
  }
  idx_array result;
  std::size_t count = 1;
  for (std::size_t axis = 0; axis < rank; ++axis) {
    std::size_t extent = 0;
    for (std::size_t i = 0; i < 4; ++i) extent = extent << 8 | bytes[4 + 4 * axis + i];
    if (__builtin_mul_overflow(count, extent, &count)) detail::fail_file(path, "its extents overflow");
    result.extents.push_back(extent);
  }
  if (bytes.size() - header != count) {
    detail::fail_file(path, "holds ", bytes.size() - header, " elements; its extents ask for ", count);
  }
  result.data.assign(bytes.begin() + static_cast<std::ptrdiff_t>(header), bytes.end());
  return result;
}

}  // namespace narrow
