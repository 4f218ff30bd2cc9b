#include "server/workers.h"

namespace updraft::server {

Workers::Workers(int threads, std::size_t max_waiting) : max_waiting_(max_waiting) {
  for (int i = 0; i < threads; ++i) threads_.emplace_back([this] { serve(); });
}

Workers::~Workers() {
  {
    const std::scoped_lock lock(mutex_);
    stopping_ = true;
  }
  wake_.notify_all();
  for (std::thread& thread : threads_) thread.join();
}

bool Workers::post(std::function<void()> work) {
  {
    const std::scoped_lock lock(mutex_);
    if (waiting_.size() >= max_waiting_) return false;
    waiting_.push_back(std::move(work));
  }
  wake_.notify_one();
  return true;
}

void Workers::drain(std::chrono::milliseconds at_most) {
  std::unique_lock lock(mutex_);
  idle_.wait_for(lock, at_most, [&] { return waiting_.empty() && busy_ == 0; });
}

void Workers::serve() {
  while (true) {
    std::function<void()> work;
    {
      std::unique_lock lock(mutex_);
      wake_.wait(lock, [&] { return stopping_ || !waiting_.empty(); });
      if (waiting_.empty()) return;
      work = std::move(waiting_.front());
      waiting_.pop_front();
      ++busy_;
    }
    work();
    work = nullptr;  // what it holds goes before it counts as done
    const std::scoped_lock lock(mutex_);
    if (--busy_ == 0 && waiting_.empty()) idle_.notify_all();
  }
}

}  // namespace updraft::server
