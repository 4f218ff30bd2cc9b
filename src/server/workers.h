// A few threads for work that waits for disks or takes milliseconds, with a queue that has an end.
#pragma once

#include <chrono>
#include <condition_variable>
#include <cstddef>
#include <deque>
#include <functional>
#include <mutex>
#include <thread>
#include <vector>

namespace updraft::server {

class Workers {
 public:
  Workers(int threads, std::size_t max_waiting);
  // Does what is waiting, then ends.
  ~Workers();
  Workers(const Workers&) = delete;
  Workers& operator=(const Workers&) = delete;

  // Whether it will be done; false: too much is waiting already. `work` must not throw.
  [[nodiscard]] bool post(std::function<void()> work);
  // Waits until all is done, or for so long.
  void drain(std::chrono::milliseconds at_most);

 private:
  void serve();

  const std::size_t max_waiting_;
  std::mutex mutex_;
  std::condition_variable wake_, idle_;
  std::deque<std::function<void()>> waiting_;
  int busy_ = 0;
  bool stopping_ = false;
  std::vector<std::thread> threads_;
};

}  // namespace updraft::server
