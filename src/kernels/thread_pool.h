// A fixed team of threads that runs one function at a time, all together, with barriers inside (SPMD). Made for work of
// a millisecond cut into phases of microseconds: starting and meeting cost no allocation and, while the team is busy,
// no system call. Between calls the threads spin for a moment, then sleep.
//
// Where other programs take a core away from a thread, all others wait for it at the next barrier. A team that loses
// half of its time so is as fast with half of its threads: it goes on with those for a while (see TeamSize).
#pragma once

#include <array>
#include <atomic>
#include <chrono>
#include <cstdint>
#include <memory>
#include <thread>
#include <type_traits>
#include <vector>

namespace updraft::kernels {

class ThreadPool;

// What a function that runs on the team knows of its place in it.
class Worker {
 public:
  [[nodiscard]] int index() const { return index_; }  // 0 (the caller of run) .. count-1
  [[nodiscard]] int count() const { return count_; }
  // Waits until all workers are here; what they wrote before is seen after. All must call it equally often.
  void barrier();

  struct Range {
    int begin = 0, end = 0;
  };
  // This worker's share of [0, n), cut at multiples of `unit`; the same on each call.
  [[nodiscard]] Range share(int n, int unit = 1) const {
    const std::int64_t units = (n + unit - 1) / unit;
    const auto cut = [&](int i) {
      const std::int64_t at = units * i / count_ * unit;
      return static_cast<int>(at < n ? at : n);
    };
    return {cut(index_), cut(index_ + 1)};
  }

 private:
  friend class ThreadPool;
  Worker(ThreadPool& pool, int index, int count) : pool_(&pool), index_(index), count_(count) {}
  ThreadPool* pool_;
  int index_, count_;
};

// How many threads work, by what their calls cost: halved when a window of calls was waited away by half, doubled again
// (up to all) after a pause.
class TeamSize {
 public:
  using Duration = std::chrono::steady_clock::duration;
  static constexpr Duration window = std::chrono::milliseconds(10), pause = std::chrono::milliseconds(100);

  explicit TeamSize(int most) : most_(most), now_(most) {}
  [[nodiscard]] int now() const { return now_; }
  // A call took `all`; its caller slept at barriers for `waited` of it.
  void add(Duration all, Duration waited);

 private:
  int most_, now_;
  Duration all_{}, waited_{};  // of the window, or of the pause
};

class ThreadPool {
 public:
  static constexpr int max_threads = 256;
  enum class Team {
    adapts,  // to other programs: run() may use fewer threads
    whole,   // always all
  };

  // The caller of run() is one of the team: threads - 1 are started. 0: one a core. Clamped to 1..max_threads.
  explicit ThreadPool(int threads, Team team = Team::adapts);
  ~ThreadPool();
  ThreadPool(const ThreadPool&) = delete;
  ThreadPool& operator=(const ThreadPool&) = delete;

  [[nodiscard]] int size() const { return count_; }

  // Calls work(Worker&) once on each thread of the team (size() at most; Worker::count() tells) and returns when all
  // are done. `work` must not throw. Not for two threads at a time, and not from inside itself.
  template <class Work>
  void run(Work&& work) {
    using Callable = std::remove_reference_t<Work>;
    run_erased([](void* context, Worker& worker) { (*static_cast<Callable*>(context))(worker); },
               const_cast<void*>(static_cast<const void*>(std::addressof(work))));
  }

 private:
  friend class Worker;
  using Call = void (*)(void*, Worker&);
  void run_erased(Call call, void* context);
  void serve(int index);
  [[nodiscard]] std::uint32_t next_job(int team) const;
  void wait_for_all(int index, int count);

  // A dissemination barrier: in round r each thread signals the one 2^r places on and waits for the one 2^r places
  // back. For two threads that is one write and one read of a cache line each.
  static constexpr int max_rounds = 8;
  struct alignas(64) Signal {
    std::atomic<std::uint32_t> phase{0};
  };
  struct alignas(64) Seat {
    std::uint32_t phase = 0;                       // barriers met; its own thread's
    std::chrono::steady_clock::duration waited{};  // asleep at barriers; its own thread's
    std::array<Signal, max_rounds> inbox;          // one sender each
  };
  // A job's number and the size of its team in one word: who is not in the team must not look at the rest of the job,
  // which may be over by then.
  static constexpr std::uint32_t team_values = 512;  // more than max_threads

  int count_;
  TeamSize team_size_;
  Team team_;
  Call call_ = nullptr;
  void* context_ = nullptr;
  std::uint32_t first_phase_ = 0;  // of the job
  bool stopping_ = false;
  alignas(64) std::atomic<std::uint32_t> job_{0};  // number * team_values + team; sleepers wait on it
  std::vector<Seat> seats_;                        // [count_]
  std::vector<std::thread> threads_;
};

inline void Worker::barrier() {
  if (count_ > 1) pool_->wait_for_all(index_, count_);
}

}  // namespace updraft::kernels
