#include "kernels/thread_pool.h"

#include <sched.h>

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

ThreadPool::ThreadPool(int threads) : count_(std::clamp(threads, 1, max_threads)) {
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
  job_.fetch_add(1, std::memory_order_release);
  job_.notify_all();  // a system call only if someone sleeps
  call(context, caller);
  wait_for_all();
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
    wait_for_all();
  }
}

void ThreadPool::wait_for_all() {
  // phase_ cannot move before this thread has arrived, so it is read first.
  const std::uint32_t phase = phase_.load(std::memory_order_relaxed);
  if (arrived_.fetch_add(1, std::memory_order_acq_rel) + 1 == static_cast<std::uint32_t>(count_)) {
    arrived_.store(0, std::memory_order_relaxed);
    phase_.store(phase + 1, std::memory_order_release);
    return;
  }
  for (int i = 0; i < barrier_spins; ++i) {
    if (phase_.load(std::memory_order_acquire) != phase) return;
    relax();
  }
  while (phase_.load(std::memory_order_acquire) == phase) sched_yield();
}

}  // namespace updraft::kernels
