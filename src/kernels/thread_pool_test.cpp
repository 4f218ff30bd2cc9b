#include "kernels/thread_pool.h"

#include <gtest/gtest.h>

#include <algorithm>
#include <atomic>
#include <thread>
#include <vector>

namespace updraft::kernels {
namespace {

TEST(ThreadPool, RunsTheWorkOnceOnEachThread) {
  for (const int n : {1, 2, 3, 8}) {
    ThreadPool pool(n);
    for (int repeat = 0; repeat < 50; ++repeat) {
      std::vector<std::atomic<int>> calls(static_cast<std::size_t>(n));
      pool.run([&](Worker& worker) {
        EXPECT_EQ(worker.count(), n);
        calls[static_cast<std::size_t>(worker.index())]++;
      });
      for (auto& c : calls) EXPECT_EQ(c, 1);
    }
  }
}

TEST(ThreadPool, HasAThreadACoreUnlessToldOtherwise) {
  EXPECT_EQ(ThreadPool(0).size(), static_cast<int>(std::max(1U, std::thread::hardware_concurrency())));
}

TEST(ThreadPool, BarriersMakeWritesVisible) {
  constexpr int n = 3, rounds = 500;
  ThreadPool pool(n);
  std::vector<int> values(n, 0);
  std::atomic<int> wrong = 0;
  pool.run([&](Worker& worker) {
    for (int round = 1; round <= rounds; ++round) {
      values[static_cast<std::size_t>(worker.index())] = round;
      worker.barrier();
      for (const int v : values) wrong += v != round;
      worker.barrier();
    }
  });
  EXPECT_EQ(wrong, 0);
}

TEST(ThreadPool, WakesAfterSleeping) {
  ThreadPool pool(2);
  for (int i = 0; i < 3; ++i) {
    std::atomic<int> calls = 0;
    pool.run([&](Worker&) { calls++; });
    EXPECT_EQ(calls, 2);
    std::this_thread::sleep_for(std::chrono::milliseconds(5));
  }
}

TEST(ThreadPool, SharesCoverTheWholeOnceInUnits) {
  for (const int threads : {1, 2, 3, 7}) {
    ThreadPool pool(threads);
    for (const int n : {0, 1, 15, 16, 17, 100, 1000}) {
      for (const int unit : {1, 4, 32}) {
        std::vector<Worker::Range> ranges(static_cast<std::size_t>(threads));
        pool.run([&](Worker& worker) { ranges[static_cast<std::size_t>(worker.index())] = worker.share(n, unit); });
        int at = 0;
        for (const auto& range : ranges) {
          EXPECT_EQ(range.begin, at);
          EXPECT_LE(range.begin, range.end);
          EXPECT_TRUE(range.end % unit == 0 || range.end == n);
          at = range.end;
        }
        EXPECT_EQ(at, n);
      }
    }
  }
}

}  // namespace
}  // namespace updraft::kernels
