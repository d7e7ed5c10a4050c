// Memory that a thread keeps between calls, so that a steady loop allocates nothing: each thread that runs a product
// has one workspace, which grows to the largest product it has seen and lives as long as the thread.
#pragma once

#include <cstddef>
#include <memory>
#include <new>

namespace narrow::detail {

// Uninitialized memory, aligned for any vector; growing drops what it held.
class scratch {
 public:
  static constexpr std::size_t alignment = 4096;

  std::byte* bytes(std::size_t size) {
    if (size > size_) {
      memory_.reset();
      size_ = 0;
      memory_.reset(static_cast<std::byte*>(::operator new (size, std::align_val_t{alignment})));
      size_ = size;
    }
    return memory_.get();
  }
  template <class T>
  T* get(std::size_t count) {
    return reinterpret_cast<T*>(bytes(count * sizeof(T)));
  }

 private:
  struct release {
    void operator()(std::byte* p) const { ::operator delete (p, std::align_val_t{alignment}); }
  };
  std::unique_ptr<std::byte, release> memory_;
  std::size_t size_ = 0;
};

// A piece of a product that a thread computes.
struct block_workspace {
  scratch a, b;                   // packed blocks of the operands
  scratch sums;                   // of a block whose depth takes several passes
  scratch row_sums, column_sums;  // of the packed integers, for zero points
  scratch column_start;
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
