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
    ThreadPool pool(n, ThreadPool::Team::whole);
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
  ThreadPool pool(n, ThreadPool::Team::whole);
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
  ThreadPool pool(2, ThreadPool::Team::whole);
  for (int i = 0; i < 3; ++i) {
    std::atomic<int> calls = 0;
    pool.run([&](Worker&) { calls++; });
    EXPECT_EQ(calls, 2);
    std::this_thread::sleep_for(std::chrono::milliseconds(5));
  }
}

// A thread that is late at every barrier, as if it had to share its core.
void run_with_a_late_thread(ThreadPool& pool, int& smallest, int& largest) {
  int count = 0;
  pool.run([&](Worker& worker) {
    if (worker.index() == 0) count = worker.count();
    for (int i = 0; i < 3; ++i) {
      if (worker.index() == 1) std::this_thread::sleep_for(std::chrono::milliseconds(2));
      worker.barrier();
    }
  });
  smallest = std::min(smallest, count);
  largest = std::max(largest, count);
}

TEST(ThreadPool, GoesOnWithFewerThreadsWhereOneIsAlwaysLate) {
  for (const int n : {2, 3, 4, 8}) {
    ThreadPool pool(n);
    int smallest = n, largest = 1;
    for (int i = 0; i < 1000 && smallest == n; ++i) run_with_a_late_thread(pool, smallest, largest);
    EXPECT_EQ(smallest, n / 2);
    EXPECT_EQ(largest, n);
  }
}

TEST(ThreadPool, LeavesBarriersWholeWhileTheTeamChanges) {
  constexpr int n = 4, rounds = 20;
  ThreadPool pool(n);
  std::vector<int> values(n, 0);
  std::atomic<int> wrong = 0;
  int smallest = n, value = 0;
  for (int job = 0; job < 200; ++job) {
    const int first = value;
    pool.run([&](Worker& worker) {
      if (worker.index() == 0) smallest = std::min(smallest, worker.count());
      for (int round = 1; round <= rounds; ++round) {
        if (job % 10 == 0 && worker.index() == 1) std::this_thread::sleep_for(std::chrono::milliseconds(1));
        values[static_cast<std::size_t>(worker.index())] = first + round;
        worker.barrier();
        for (int i = 0; i < worker.count(); ++i) wrong += values[static_cast<std::size_t>(i)] != first + round;
        worker.barrier();
      }
    });
    value += rounds;
  }
  EXPECT_EQ(wrong, 0);
  EXPECT_LT(smallest, n);
}

using std::chrono::milliseconds;

TEST(TeamSize, IsHalvedWhenHalfOfAWindowWasWaitedAway) {
  TeamSize size(8);
  size.add(milliseconds(5), milliseconds(5));
  EXPECT_EQ(size.now(), 8) << "half a window only";
  size.add(milliseconds(5), milliseconds(0));
  EXPECT_EQ(size.now(), 4);
}

TEST(TeamSize, StaysWhereLessWasWaited) {
  TeamSize size(2);
  for (int i = 0; i < 100; ++i) size.add(milliseconds(10), milliseconds(4));
  EXPECT_EQ(size.now(), 2);
}

TEST(TeamSize, GrowsBackAfterAPause) {
  TeamSize size(2);
  size.add(milliseconds(10), milliseconds(9));
  ASSERT_EQ(size.now(), 1);
  size.add(milliseconds(60), milliseconds(0));
  EXPECT_EQ(size.now(), 1);
  size.add(milliseconds(60), milliseconds(0));
  EXPECT_EQ(size.now(), 2);
}

TEST(TeamSize, NeverGoesBelowOneNorAboveAll) {
  TeamSize size(3);
  for (const int expected : {1, 2, 3, 3}) {
    const bool shrinks = expected == 1;
    size.add(milliseconds(200), milliseconds(shrinks ? 200 : 0));
    EXPECT_EQ(size.now(), expected);
  }
}

TEST(ThreadPool, SharesCoverTheWholeOnceInUnits) {
  for (const int threads : {1, 2, 3, 7}) {
    ThreadPool pool(threads, ThreadPool::Team::whole);
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
