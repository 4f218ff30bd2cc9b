// The HTTP server: connections on one thread. Whatever comes in is hostile: every size has an end, and so has every
// wait, so that a slow, silent or half-open client costs a socket and some hundred bytes, for a while.
#pragma once

#include <chrono>
#include <cstdint>
#include <functional>
#include <memory>
#include <string>
#include <vector>

#include "server/http.h"
#include "updraft/result.h"

namespace updraft::server {

struct ListenOptions {
  std::string host = "127.0.0.1";
  std::uint16_t port = 0;  // 0: any that is free
  std::size_t max_connections = 12'000;
  std::size_t max_header_bytes = 16 << 10;
  std::size_t max_body_bytes = std::size_t{12} << 20;
  std::size_t max_bodies_bytes = std::size_t{256} << 20;  // of all that are being read or answered
  std::size_t max_unsent_bytes = std::size_t{4} << 20;    // of a stream whose client does not read
  std::chrono::milliseconds idle_time{75'000};            // between requests
  std::chrono::milliseconds header_time{10'000};          // from the first byte of a request to the end of its head
  std::chrono::milliseconds body_time{30'000};
  std::chrono::milliseconds write_time{30'000};      // of a part of an answer
  std::chrono::milliseconds heartbeat_time{15'000};  // of a stream
};

// A request that is over; status 499: its client went away before.
struct Finished {
  const Request& request;
  const std::string& route;
  int status = 0;
  std::size_t bytes = 0;  // sent
  double seconds = 0;
};

class Listener {
 public:
  struct Hooks {
    Handler handle;  // each request, on the listener's thread: must not block
    std::function<void(const Finished&)> on_finished;
    std::function<void(std::size_t)> on_connections;  // how many are open
    std::function<void(int)> on_signal;
  };

  // Errors: io (the port is taken, the host is none of this machine's).
  [[nodiscard]] static Result<std::unique_ptr<Listener>> open(const ListenOptions& options, Hooks hooks);
  virtual ~Listener() = default;

  [[nodiscard]] virtual std::uint16_t port() const = 0;
  // Handles them by Hooks::on_signal, on the listener's thread.
  virtual void catch_signals(const std::vector<int>& signals) = 0;
  // Serves until stop(), or until drain() is done.
  virtual void run() = 0;
  // Any thread: takes no more connections, closes idle ones, and the others behind their answers.
  virtual void drain() = 0;
  virtual void stop() = 0;

 protected:
  Listener() = default;
};

}  // namespace updraft::server
