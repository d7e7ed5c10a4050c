// Memory for operands: page aligned, zeroed, and on huge pages where it is large and the system grants them, as a
// program that keeps its weights for long would ask for. Libraries that are compared get the same memory.
#pragma once

#include <cstddef>
#include <cstdlib>
#include <cstring>
#include <memory>
#include <new>
#include <type_traits>

#if defined(__linux__)
#include <sys/mman.h>
#endif

namespace bench {

template <class T>
class buffer {
  static_assert(std::is_trivially_copyable_v<T>);

 public:
  buffer() = default;
  explicit buffer(std::size_t count) : size_(count) {
    const std::size_t page = count * sizeof(T) >= huge ? huge : 4096;
    const std::size_t bytes = (count * sizeof(T) / page + 1) * page;
    memory_.reset(static_cast<T*>(std::aligned_alloc(page, bytes)));
    if (memory_ == nullptr) throw std::bad_alloc();
#if defined(__linux__) && defined(MADV_HUGEPAGE)
    if (page == huge) (void)madvise(memory_.get(), bytes, MADV_HUGEPAGE);
#endif
    std::memset(static_cast<void*>(memory_.get()), 0, bytes);
  }

  T* data() { return memory_.get(); }
  const T* data() const { return memory_.get(); }
  std::size_t size() const { return size_; }
  T& operator[](std::size_t i) { return memory_.get()[i]; }
  const T& operator[](std::size_t i) const { return memory_.get()[i]; }

 private:
  static constexpr std::size_t huge = std::size_t{1} << 21;
  struct release {
    void operator()(T* p) const { std::free(p); }
  };
  std::size_t size_ = 0;
  std::unique_ptr<T, release> memory_;
};

}  // namespace bench
