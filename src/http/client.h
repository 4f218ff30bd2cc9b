// Requests over HTTP(S), each with its limits: nothing that a server does holds us for ever or fills the memory.
#pragma once

#include <chrono>
#include <cstddef>
#include <functional>
#include <memory>
#include <optional>
#include <string>

#include "updraft/result.h"

namespace updraft::http {

struct Request {
  std::string url;
  std::string method = "POST";
  std::string body = {};     // JSON; empty: none
  std::string api_key = {};  // "Authorization: Bearer ..."; empty: none. Stands in no error message.
  std::chrono::milliseconds connect_limit{10'000};
  std::chrono::milliseconds limit{300'000};  // for the whole request
  std::size_t max_response_bytes = 1 << 20;
  bool direct = false;  // past the proxies that the environment names (https_proxy)
};

struct Response {
  int status = 0;
  std::string body;
  std::optional<std::chrono::seconds> retry_after;  // as the server asks, from now
};

using Stop = std::function<bool()>;  // true: give up as soon as you can

// Keeps connections open from request to request. One request at a time.
class Client {
 public:
  // Errors: unsupported (libcurl is not installed), io.
  [[nodiscard]] static Result<Client> make();

  Client(Client&&) noexcept;
  Client& operator=(Client&&) noexcept;
  ~Client();

  // Waits for the whole answer, whatever its status. Redirects are not followed: the key goes to the named server
  // alone. Errors: io (connection refused or broken, time limit), corrupt (the answer is larger than allowed),
  // unsupported (TLS says no), invalid_argument (the key holds what no header may), cancelled (`stop`).
  [[nodiscard]] Result<Response> send(const Request& request, const Stop& stop = {});

 private:
  struct State;
  explicit Client(std::unique_ptr<State> state);
  std::unique_ptr<State> state_;
};

// Whether a key is made of what a header may hold.
[[nodiscard]] bool is_clean_key(const std::string& key);

}  // namespace updraft::http
