// IDX files, the format of MNIST: a big-endian magic (0, 0, element type, rank), the extents, the elements. Bytes only
// (type 0x08). Gzip-compressed files are read where NARROW_WITH_ZLIB is defined (link zlib); a file is known as one by
// its first two bytes, not by its name.
#pragma once

#include <algorithm>
#include <cstddef>
#include <cstdint>
#include <filesystem>
#include <fstream>
#include <sstream>
#include <stdexcept>
#include <string>
#include <system_error>
#include <vector>

#include "narrow/detail/check.hpp"

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
#if defined(__cpp_exceptions)
  throw storage_error(message.str());
#else
  on_error()(message.str().c_str());
  std::abort();
#endif
}

// The bytes of a file in order, decompressed where they are compressed.
class byte_reader {
 public:
  explicit byte_reader(const std::filesystem::path& path) : path_(path) {
    std::error_code error;
    if (!std::filesystem::exists(path, error)) fail_file(path, "no such file");
    if (!std::filesystem::is_regular_file(path, error)) fail_file(path, "not a regular file");
    file_.open(path, std::ios::binary);
    if (!file_) fail_file(path, "cannot be opened");
    std::uint8_t magic[2] = {};
    const std::size_t count = read_file(magic, 2);
    file_.clear();
    file_.seekg(0);
    if (count == 2 && magic[0] == 0x1F && magic[1] == 0x8B) begin_gzip();
  }
  byte_reader(const byte_reader&) = delete;
  byte_reader& operator=(const byte_reader&) = delete;

  // Up to n bytes; fewer only at the end.
  std::size_t read(std::uint8_t* to, std::size_t n) {
#if defined(NARROW_WITH_ZLIB)
    if (is_gzip_) return read_gzip(to, n);
#endif
    return read_file(to, n);
  }

#if defined(NARROW_WITH_ZLIB)
  ~byte_reader() {
    if (is_gzip_) inflateEnd(&stream_);
  }
#endif

 private:
  std::size_t read_file(std::uint8_t* to, std::size_t n) {
    file_.read(reinterpret_cast<char*>(to), static_cast<std::streamsize>(n));
    if (file_.bad()) fail_file(path_, "cannot be read");
    return static_cast<std::size_t>(file_.gcount());
  }

#if defined(NARROW_WITH_ZLIB)
  void begin_gzip() {
    if (inflateInit2(&stream_, 15 + 16) != Z_OK) fail_file(path_, "zlib cannot be initialized");
    is_gzip_ = true;
    packed_.resize(std::size_t{1} << 16);
  }

  std::size_t read_gzip(std::uint8_t* to, std::size_t n) {
    stream_.next_out = to;
    stream_.avail_out = static_cast<uInt>(n);
    while (stream_.avail_out != 0 && status_ == Z_OK) {
      if (stream_.avail_in == 0) {
        stream_.next_in = packed_.data();
        stream_.avail_in = static_cast<uInt>(read_file(packed_.data(), packed_.size()));
      }
      status_ = inflate(&stream_, Z_NO_FLUSH);
    }
    if (status_ != Z_OK && status_ != Z_STREAM_END) fail_file(path_, "the gzip data are corrupt or cut off");
    return n - stream_.avail_out;
  }

  z_stream stream_{};
  std::vector<std::uint8_t> packed_;
  int status_ = Z_OK;
  bool is_gzip_ = false;
#else
  void begin_gzip() {
    fail_file(path_, "is compressed with gzip, and this program was built without zlib; decompress it first");
  }
#endif

  std::filesystem::path path_;
  std::ifstream file_;
};

// The extents, and how many elements they ask for.
inline std::size_t read_idx_header(const std::filesystem::path& path, byte_reader& reader,
                                   std::vector<std::size_t>& extents) {
  std::uint8_t magic[4], field[4];
  const std::size_t found = reader.read(magic, 4);
  if (found < 4) fail_file(path, "has ", found, " bytes; an IDX header has at least 4");
  if (magic[0] != 0 || magic[1] != 0) fail_file(path, "does not begin with the two zero bytes of an IDX file");
  if (magic[2] != 0x08) {
    fail_file(path, "has element type ", int{magic[2]}, "; only unsigned bytes (8) are supported");
  }
  const std::size_t rank = magic[3];
  if (rank == 0 || rank > 4) fail_file(path, "has rank ", rank, "; it must be 1 to 4");
  std::size_t count = 1;
  for (std::size_t axis = 0; axis < rank; ++axis) {
    const std::size_t bytes = reader.read(field, 4);
    if (bytes < 4) {
      fail_file(path, "ends inside its header: ", 4 + 4 * axis + bytes, " bytes of ", 4 + 4 * rank);
    }
    std::size_t extent = 0;
    for (const std::uint8_t byte : field) extent = extent << 8 | byte;
    if (__builtin_mul_overflow(count, extent, &count)) fail_file(path, "its extents overflow");
    extents.push_back(extent);
  }
  return count;
}

}  // namespace detail

// Errors (storage_error, naming the file, what was found and what was expected): a file that is missing or not regular;
// gzip without zlib, or corrupt; a short header; a wrong magic or element type; extents that do not match the length.
// Memory grows with what is read, whatever the extents say, and not beyond what they say.
inline idx_array read_idx(const std::filesystem::path& path) {
  detail::byte_reader reader(path);
  idx_array result;
  const std::size_t count = detail::read_idx_header(path, reader, result.extents);
  constexpr std::size_t step = std::size_t{1} << 20;
  while (result.data.size() < count) {
    const std::size_t held = result.data.size(), wanted = std::min(step, count - held);
    result.data.resize(held + wanted);
    const std::size_t found = reader.read(result.data.data() + held, wanted);
    if (found < wanted) {
      detail::fail_file(path, "holds ", held + found, " elements; its extents ask for ", count);
    }
  }
  std::uint8_t beyond = 0;
  if (reader.read(&beyond, 1) != 0) {
    detail::fail_file(path, "holds more elements than the ", count, " that its extents ask for");
  }
  return result;
}

}  // namespace narrow
