// Memory that a thread keeps between calls, so that a steady loop allocates nothing: each thread that runs a product
// has one workspace, which grows to the largest product it has seen and lives as long as the thread.
#pragma once

#include <cerrno>
#include <cstddef>
#include <memory>
#include <new>

#if defined(__linux__)
#include <sys/mman.h>
#endif

namespace narrow::detail {

// Uninitialized memory, aligned for any vector; growing drops what it held. Large pieces ask for huge pages, where the
// system gives them to who asks: packed weights that come from memory are then read faster (64 MiB of floats times one
// row on Zen 4: 26 GB/s against 22).
class scratch {
 public:
  std::byte* bytes(std::size_t size) {
    if (size > size_) {
      memory_.reset();
      size_ = 0;
      const std::align_val_t alignment{size < 2 * huge_page ? 4096 : huge_page};
      memory_ = {static_cast<std::byte*>(::operator new(size, alignment)), {alignment}};
#if defined(MADV_HUGEPAGE)
      if (size >= 2 * huge_page) {
        const int before = errno;  // where there are none, that is no error of the caller's
        (void)madvise(memory_.get(), size / huge_page * huge_page, MADV_HUGEPAGE);
        errno = before;
      }
#endif
      size_ = size;
    }
    return memory_.get();
  }
  template <class T>
  T* get(std::size_t count) {
    constexpr std::size_t most = static_cast<std::size_t>(-1);
    return reinterpret_cast<T*>(bytes(count > most / sizeof(T) ? most : count * sizeof(T)));  // which no system has
  }

 private:
  static constexpr std::size_t huge_page = std::size_t{1} << 21;
  struct release {
    std::align_val_t alignment;
    void operator()(std::byte* p) const { ::operator delete(p, alignment); }
  };
  std::unique_ptr<std::byte, release> memory_;
  std::size_t size_ = 0;
};

// A piece of a product that a thread computes.
struct block_workspace {
  scratch a, b;                   // packed blocks of the operands
  scratch segments;               // of the rows of a
  scratch sums;                   // of a block whose depth takes several passes
  scratch row_sums, column_sums;  // of the packed integers, for zero points
  scratch column_start;
  scratch scales;  // of the packed rows
};
// What all pieces read.
struct parameter_workspace {
  scratch a_zero, b_zero, scales;
};

// The thread's own workspace, or a new one where that is in use: in a product that another one's epilogue calls.
template <class Workspace>
class leased {
 public:
  leased() : mine_(!in_use()) {
    if (mine_) {
      in_use() = true;
    } else {
      other_ = std::make_unique<Workspace>();
    }
  }
  ~leased() {
    if (mine_) in_use() = false;
  }
  leased(const leased&) = delete;
  leased& operator=(const leased&) = delete;

  Workspace& operator*() { return mine_ ? own() : *other_; }

 private:
  static Workspace& own() {
    static thread_local Workspace space;
    return space;
  }
  static bool& in_use() {
    static thread_local bool value = false;
    return value;
  }
  const bool mine_;
  std::unique_ptr<Workspace> other_;
};

}  // namespace narrow::detail
