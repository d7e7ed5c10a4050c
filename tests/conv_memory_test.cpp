// What conv2d takes beside operands, output and packed kernels: the figures of conv.hpp. Each call runs in a thread of
// its own, whose workspaces are new, and every allocation is counted.
#include <gtest/gtest.h>

#include <cstddef>
#include <cstdlib>
#include <new>
#include <thread>

#include "narrow/conv.hpp"

namespace {

std::size_t taken = 0;  // while counting: of one thread

void* counted(std::size_t size, std::size_t alignment) {
  taken += size;
  void* const p = std::aligned_alloc(alignment, (size + alignment - 1) / alignment * alignment);
  if (p == nullptr) std::abort();
  return p;
}

}  // namespace

void* operator new(std::size_t size) { return counted(size, alignof(std::max_align_t)); }
void* operator new(std::size_t size, std::align_val_t alignment) {
  return counted(size, static_cast<std::size_t>(alignment));
}
// Not inlined: GCC 12 would take free for what does not belong to new.
[[gnu::noinline]] void operator delete(void* p) noexcept { std::free(p); }
[[gnu::noinline]] void operator delete(void* p, std::size_t) noexcept { std::free(p); }
[[gnu::noinline]] void operator delete(void* p, std::align_val_t) noexcept { std::free(p); }
[[gnu::noinline]] void operator delete(void* p, std::size_t, std::align_val_t) noexcept { std::free(p); }

namespace {

// Bytes that a 3x3 convolution of size x size x channels takes.
std::size_t bytes_of(std::size_t size, std::size_t channels, std::size_t outputs) {
  const narrow::conv_geometry g{.pad_top = 1, .pad_left = 1, .pad_bottom = 1, .pad_right = 1};
  const std::vector<float> x(size * size * channels, 1.0F), w(outputs * 9 * channels, 1.0F);
  std::vector<float> y(size * size * outputs);
  const auto packed = narrow::pack_kernels(narrow::view(w, outputs, 3, 3, channels), g);
  std::size_t result = 0;
  std::thread([&] {
    taken = 0;
    narrow::conv2d(narrow::view(x, 1, size, size, channels), packed, narrow::view(y, 1, size, size, outputs), g);
    result = taken;
  }).join();
  EXPECT_EQ(y[0], static_cast<float>(4 * channels));
  return result;
}

class ConvMemory : public testing::Test {
 protected:
  void SetUp() override {
    if (narrow::current_target() == narrow::target::portable) GTEST_SKIP() << "the plain loops take whole operands";
  }
};

TEST_F(ConvMemory, IsThatOfSomeLines) {
  constexpr std::size_t most = 384 * 1024;
  EXPECT_LE(bytes_of(56, 64, 64), most);
  EXPECT_LE(bytes_of(112, 64, 64), most);
  EXPECT_LE(bytes_of(28, 128, 128), most);
  EXPECT_LE(bytes_of(14, 256, 256), most);
  EXPECT_LE(bytes_of(7, 512, 512), most);
}
TEST_F(ConvMemory, DoesNotGrowWithTheImage) {
  const std::size_t bytes = bytes_of(224, 16, 16);
  EXPECT_GT(bytes, 0U);
  EXPECT_EQ(bytes_of(448, 16, 16), bytes);
}

}  // namespace
