#include "kernels/thread_pool.h"

#include <algorithm>
#include <chrono>

namespace updraft::kernels {
namespace {

// Between calls a thread watches for work this long before it sleeps: longer than the sampling between two tokens.
constexpr std::chrono::microseconds watch_time{200};
// At a barrier a thread spins this often (tens of microseconds) before it offers its processor to others: the one it
// waits for may need it.
constexpr int barrier_spins = 1000;

inline void relax() {
#if defined(__x86_64__)
  __builtin_ia32_pause();
#elif defined(__aarch64__)
  asm volatile("yield");
#endif
}

}  // namespace

ThreadPool::ThreadPool(int threads)
    : count_(std::clamp(threads > 0 ? threads : static_cast<int>(std::thread::hardware_concurrency()), 1, max_threads)),
      seats_(static_cast<std::size_t>(count_)) {
  threads_.reserve(static_cast<std::size_t>(count_ - 1));
  for (int i = 1; i < count_; ++i) threads_.emplace_back([this, i] { serve(i); });
}

ThreadPool::~ThreadPool() {
  stopping_ = true;
  job_.fetch_add(1, std::memory_order_release);
  job_.notify_all();
  for (auto& thread : threads_) thread.join();
}

void ThreadPool::run_erased(Call call, void* context) {
  Worker caller(*this, 0, count_);
  if (count_ == 1) {
    call(context, caller);
    return;
  }
  call_ = call;
  context_ = context;
  job_.fetch_add(1);
  job_.notify_all();  // a system call only if someone sleeps
  call(context, caller);
  wait_for_all(0);
}

void ThreadPool::serve(int index) {
  Worker worker(*this, index, count_);
  std::uint32_t seen = 0;
  for (;;) {
    const auto watch_until = std::chrono::steady_clock::now() + watch_time;
    std::uint32_t job = job_.load(std::memory_order_acquire);
    while (job == seen) {
      for (int i = 0; i < 64 && job == seen; ++i) {
        relax();
        job = job_.load(std::memory_order_acquire);
      }
      if (job == seen && std::chrono::steady_clock::now() > watch_until) {
        job_.wait(seen, std::memory_order_acquire);
        job = job_.load(std::memory_order_acquire);
      }
    }
    seen = job;
    if (stopping_) return;
    call_(context_, worker);
    wait_for_all(index);
  }
}

void ThreadPool::wait_for_all(int index) {
  const auto seat = [&](int i) -> Seat& { return seats_[static_cast<std::size_t>(i)]; };
  const std::uint32_t phase = ++seat(index).phase;
  int round = 0;
  for (int distance = 1; distance < count_; distance *= 2, ++round) {
    const auto r = static_cast<std::size_t>(round);
    // Sequentially consistent, for notify_one() must not look for sleepers before the store is seen.
    std::atomic<std::uint32_t>& out = seat((index + distance) % count_).inbox[r].phase;
    out.store(phase);
    out.notify_one();
    const std::atomic<std::uint32_t>& in = seat(index).inbox[r].phase;
    const auto is_here = [&](std::uint32_t signal) {
      return static_cast<std::int32_t>(signal - phase) >= 0;  // the sender may be one barrier ahead, never more
    };
    std::uint32_t signal = in.load(std::memory_order_acquire);
    for (int i = 0; i < barrier_spins && !is_here(signal); ++i) {
      relax();
      signal = in.load(std::memory_order_acquire);
    }
    while (!is_here(signal)) {
      in.wait(signal, std::memory_order_acquire);
      signal = in.load(std::memory_order_acquire);
    }
  }
}

}  // namespace updraft::kernels
