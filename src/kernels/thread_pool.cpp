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

void TeamSize::add(Duration all, Duration waited) {
  all_ += all;
  waited_ += waited;
  if (all_ < (now_ < most_ ? pause : window)) return;
  now_ = 2 * waited_ >= all_ ? std::max(now_ / 2, 1) : std::min(2 * now_, most_);
  all_ = waited_ = {};
}

ThreadPool::ThreadPool(int threads, Team team)
    : count_(std::clamp(threads > 0 ? threads : static_cast<int>(std::thread::hardware_concurrency()), 1, max_threads)),
      team_size_(count_),
      team_(team),
      seats_(static_cast<std::size_t>(count_)) {
  threads_.reserve(static_cast<std::size_t>(count_ - 1));
  for (int i = 1; i < count_; ++i) threads_.emplace_back([this, i] { serve(i); });
}

ThreadPool::~ThreadPool() {
  stopping_ = true;
  job_.store(next_job(count_), std::memory_order_release);
  job_.notify_all();
  for (auto& thread : threads_) thread.join();
}

void ThreadPool::run_erased(Call call, void* context) {
  if (count_ == 1) {
    Worker alone(*this, 0, 1);
    call(context, alone);
    return;
  }
  const auto start = std::chrono::steady_clock::now();
  const int team = team_ == Team::whole ? count_ : team_size_.now();
  Seat& seat = seats_.front();
  seat.waited = {};
  Worker caller(*this, 0, team);
  if (team == 1) {
    call(context, caller);
  } else {
    call_ = call;
    context_ = context;
    first_phase_ = seat.phase;
    job_.store(next_job(team));  // sequentially consistent, see wait_for_all()
    job_.notify_all();           // a system call only if someone sleeps
    call(context, caller);
    wait_for_all(0, team);
  }
  team_size_.add(std::chrono::steady_clock::now() - start, seat.waited);
}

std::uint32_t ThreadPool::next_job(int team) const {
  const std::uint32_t number = job_.load(std::memory_order_relaxed) / team_values + 1;
  return number * team_values + static_cast<std::uint32_t>(team);
}

void ThreadPool::serve(int index) {
  std::uint32_t seen = 0;
  bool in_team = true;
  for (;;) {
    const auto watch_until = std::chrono::steady_clock::now() + (in_team ? watch_time : watch_time.zero());
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
    const int team = static_cast<int>(job % team_values);
    in_team = index < team;
    if (!in_team) continue;
    if (stopping_) return;                                         // of the whole team's last job
    seats_[static_cast<std::size_t>(index)].phase = first_phase_;  // it may have been left out of jobs
    Worker worker(*this, index, team);
    call_(context_, worker);
    wait_for_all(index, team);
  }
}

void ThreadPool::wait_for_all(int index, int count) {
  const auto seat = [&](int i) -> Seat& { return seats_[static_cast<std::size_t>(i)]; };
  const std::uint32_t phase = ++seat(index).phase;
  int round = 0;
  for (int distance = 1; distance < count; distance *= 2, ++round) {
    const auto r = static_cast<std::size_t>(round);
    // Sequentially consistent, for notify_one() must not look for sleepers before the store is seen.
    std::atomic<std::uint32_t>& out = seat((index + distance) % count).inbox[r].phase;
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
    if (is_here(signal)) continue;
    const auto start = std::chrono::steady_clock::now();
    while (!is_here(signal)) {
      in.wait(signal, std::memory_order_acquire);
      signal = in.load(std::memory_order_acquire);
    }
    seat(index).waited += std::chrono::steady_clock::now() - start;
  }
}

}  // namespace updraft::kernels
