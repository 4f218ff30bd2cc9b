// How much people want the assets of the catalogue, read from the store of feedback again and again by a thread of its
// own: no request waits for that.
#pragma once

#include <chrono>
#include <condition_variable>
#include <memory>
#include <mutex>
#include <thread>

#include "updraft/feedback.h"

namespace updraft::server {

class AppealsReader {
 public:
  // Reads at once, and then so often; less often where reading takes longer than a twentieth of that. The store must
  // outlive it. Failures are logged, and what was known before stays.
  AppealsReader(const FeedbackStore& store, std::chrono::milliseconds interval);
  // Waits until what is being read has been.
  ~AppealsReader();
  AppealsReader(const AppealsReader&) = delete;
  AppealsReader& operator=(const AppealsReader&) = delete;

  // nullptr: nothing has been read yet. Any thread.
  [[nodiscard]] std::shared_ptr<const Appeals> newest() const;

 private:
  void run();
  void read();

  const FeedbackStore& store_;
  const std::chrono::milliseconds interval_;
  mutable std::mutex mutex_;
  std::condition_variable wake_;
  std::shared_ptr<const Appeals> newest_;
  bool stopping_ = false;
  std::thread thread_;
};

}  // namespace updraft::server
