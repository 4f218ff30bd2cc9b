#include "learn/memory_pool.h"

#include <gtest/gtest.h>

#include <cstdint>
#include <cstring>
#include <thread>

namespace updraft::learn {
namespace {

constexpr std::size_t page = MemoryPool::huge_page;

TEST(MemoryPool, GivesAFreedBlockAgain) {
  const MemoryPool pool;
  void* first = nullptr;
  {
    const at::DataPtr block = pool.allocate(3 * page + 5);
    first = block.get();
    EXPECT_EQ(reinterpret_cast<std::uintptr_t>(first) % page, 0U);
    std::memset(first, 1, 3 * page + 5);
  }
  EXPECT_EQ(pool.allocate(4 * page).get(), first);
}

TEST(MemoryPool, LeavesALargeBlockForWhatNeedsIt) {
  const MemoryPool pool;
  void* const large = pool.allocate(8 * page).get();
  const at::DataPtr small = pool.allocate(2 * page);
  EXPECT_NE(small.get(), large);
  EXPECT_EQ(pool.allocate(7 * page).get(), large);
}

TEST(MemoryPool, BlocksInUseAreDistinct) {
  const MemoryPool pool;
  const at::DataPtr a = pool.allocate(page), b = pool.allocate(page), c = pool.allocate(100);
  std::memset(a.get(), 1, page);
  std::memset(b.get(), 2, page);
  std::memset(c.get(), 3, 100);
  EXPECT_EQ(static_cast<const char*>(a.get())[page - 1], 1);
  EXPECT_EQ(static_cast<const char*>(b.get())[page - 1], 2);
}

// What exceeds the limit goes back to the system: nothing of it can be read when it comes again.
TEST(MemoryPool, KeepsNoMoreThanItMay) {
  const MemoryPool pool(0);
  std::memset(pool.allocate(2 * page).get(), 1, 2 * page);
  const at::DataPtr fresh = pool.allocate(2 * page);
  EXPECT_EQ(static_cast<const char*>(fresh.get())[0], 0);
}

TEST(MemoryPool, IsSharedByThreads) {
  const MemoryPool pool;
  std::array<bool, 4> intact{};
  std::vector<std::thread> threads;
  for (std::size_t t = 0; t < intact.size(); ++t) {
    threads.emplace_back([&, t] {
      bool good = true;
      for (std::size_t i = 0; i < 50; ++i) {
        const at::DataPtr block = pool.allocate((1 + i % 3) * page);
        auto* const bytes = static_cast<volatile char*>(block.get());
        for (const std::size_t at : {std::size_t{0}, page - 1}) bytes[at] = static_cast<char>(t);
        std::this_thread::yield();
        good = good && bytes[0] == static_cast<char>(t) && bytes[page - 1] == static_cast<char>(t);
      }
      intact[t] = good;
    });
  }
  for (std::thread& thread : threads) thread.join();
  for (const bool good : intact) EXPECT_TRUE(good);
}

TEST(MemoryPool, SaysSoWhenThereIsNoMemory) {
  const MemoryPool pool;
  EXPECT_THROW(static_cast<void>(pool.allocate(std::size_t{1} << 60)), std::bad_alloc);
  EXPECT_THROW(static_cast<void>(pool.allocate(SIZE_MAX)), std::bad_alloc);
}

}  // namespace
}  // namespace updraft::learn
