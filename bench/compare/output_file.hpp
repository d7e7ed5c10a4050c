// A file for results: whole or not at all where it is a regular file, written through where it is not.
#pragma once

#include <filesystem>
#include <fstream>
#include <stdexcept>
#include <string>
#include <utility>

namespace compare {

// A regular file appears whole or keeps its old contents: written beside its place, then renamed, behind any symbolic
// links to it. What is there and is no regular file (a pipe, a device), and what the standard streams already write
// to, is appended to instead. Opened at once, so that a path that cannot be written is an error before the work, not
// after it. Errors: std::runtime_error naming the path.
class output_file {
 public:
  explicit output_file(const std::filesystem::path& path) : path_(path), renamed_(!written_through(path)) {
    if (renamed_) {
      target_ = behind_links(path);
      partial_ = target_.string() + ".partial";
      out_.open(partial_);
    } else {
      done_ = true;  // nothing to take back
      if (!std::filesystem::is_directory(path)) out_.open(path, std::ios::app);
    }
    if (!out_.is_open()) fail("cannot be written");
  }
  output_file(const output_file&) = delete;
  output_file& operator=(const output_file&) = delete;
  ~output_file() {
    std::error_code ignored;
    if (!done_) std::filesystem::remove(partial_, ignored);
  }
  void finish(const std::string& text) {
    out_ << text;
    out_.close();
    if (!out_) fail("writing failed");
    if (renamed_) std::filesystem::rename(partial_, target_);
    done_ = true;
  }

 private:
  static bool written_through(const std::filesystem::path& path) {
    std::error_code error;
    const auto status = std::filesystem::status(path, error);
    if (!std::filesystem::exists(status)) return false;
    const auto is = [&](const char* stream) { return std::filesystem::equivalent(path, stream, error) && !error; };
    return !std::filesystem::is_regular_file(status) || is("/dev/stdout") || is("/dev/stderr");
  }
  // The file that a chain of links leads to, which may not exist yet.
  static std::filesystem::path behind_links(std::filesystem::path path) {
    for (int links = 0; links < 40 && std::filesystem::is_symlink(path); ++links) {
      path = path.parent_path() / std::filesystem::read_symlink(path);
    }
    return path;
  }
  [[noreturn]] void fail(const char* what) const { throw std::runtime_error(path_.string() + ": " + what); }

  std::filesystem::path path_;
  bool renamed_;
  bool done_ = false;
  std::filesystem::path target_, partial_;
  std::ofstream out_;
};

}  // namespace compare
