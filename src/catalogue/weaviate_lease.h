// Who may write a catalogue on a cluster: one at a time, for as long as it shows that it lives.
#pragma once

#include <atomic>
#include <chrono>
#include <condition_variable>
#include <memory>
#include <mutex>
#include <thread>

#include "catalogue/weaviate_cluster.h"

namespace updraft::catalogue {

// Writers are numbered. Number N is whoever made the alias NameWriterN, which the nodes agree on: it is made once. Its
// holder writes to the object `writer` each second; whoever wants to be N + 1 watches that: what does not change for
// `silence` is a writer that was killed. Nobody's clock is compared with another's.
class Lease {
 public:
  static constexpr std::chrono::seconds beat{1}, silence{20};

  // The number is greater than `after`. Errors: io (another process is writing).
  [[nodiscard]] static Result<std::unique_ptr<Lease>> take(Cluster& cluster, std::uint64_t after);
  ~Lease();  // lets go of it
  Lease(const Lease&) = delete;
  Lease& operator=(const Lease&) = delete;

  [[nodiscard]] std::uint64_t number() const { return number_; }
  // Errors: io (it was lost to another process).
  [[nodiscard]] Result<> check();

 private:
  Lease(Cluster& cluster, std::uint64_t number) : cluster_(cluster), number_(number) {}
  [[nodiscard]] Result<> write(std::uint64_t beat, bool released);
  void keep_alive(const std::stop_token& stop);

  Cluster& cluster_;
  std::uint64_t number_;
  std::atomic<std::chrono::steady_clock::time_point> shown_{std::chrono::steady_clock::now()};  // alive, the last time
  std::mutex mutex_;
  std::condition_variable_any stopped_;
  std::jthread thread_;
};

}  // namespace updraft::catalogue
