// The chat of an OpenAI-compatible endpoint (POST /v1/chat/completions, not streamed), with patience: what may pass by
// itself is asked again.
#pragma once

#include <chrono>
#include <cstdint>
#include <functional>
#include <optional>
#include <span>
#include <string>

#include "teacher/http.h"
#include "updraft/result.h"

namespace updraft::teacher {

struct Message {
  std::string role;  // "system", "user", "assistant"
  std::string content;
};

struct ChatOptions {
  std::string model;
  double temperature = 0.8;
  int max_tokens = 3000;  // of an answer
  bool json_mode = true;  // asks for a JSON object by response_format
  // A JSON object merged into each request: further members, null takes one away. "": none.
  // {"max_tokens": null, "max_completion_tokens": 3000}
  std::string extra;
};

struct RetryOptions {
  int attempts = 6;                              // in all
  std::chrono::milliseconds first_delay{1'000};  // doubled each time
  std::chrono::milliseconds longest_delay{60'000};
  std::chrono::seconds longest_retry_after{900};  // a server that asks for more is given up
};

struct Answer {
  std::string text;
  bool cut = false;             // the model had to stop at max_tokens
  std::uint64_t tokens_in = 0;  // as the server counts them; 0 where it does not
  std::uint64_t tokens_out = 0;
};

// The request's body. Errors: invalid_argument (`extra` is no JSON object, a text is no UTF-8).
[[nodiscard]] Result<std::string> chat_request(const ChatOptions& options, std::span<const Message> messages);
// Errors: corrupt.
[[nodiscard]] Result<Answer> read_answer(const std::string& body);

// Before attempt `attempt` + 1 (attempt from 1): exponential, between half and all of it by `random` in [0, 1); what
// the server asks for is the least.
[[nodiscard]] std::chrono::milliseconds delay_after(int attempt, std::optional<std::chrono::seconds> retry_after,
                                                    double random, const RetryOptions& options);

struct Patience {
  RetryOptions options;
  std::function<double()> random;                                    // [0, 1); called from several threads
  std::function<void(std::chrono::milliseconds, const Stop&)> wait;  // may come back earlier when stopped
  std::function<void(const Error&)> retrying;                        // told why, before waiting
};

// Asks until there is an answer; 408, 425, 429, 5xx and broken connections are asked again. Errors:
//   invalid_argument, unsupported  no request of this kind can succeed (key, model, URL, TLS): give up altogether
//   corrupt                        this request fails (400, an answer that is none or too large)
//   io                             all attempts failed
//   cancelled
[[nodiscard]] Result<Answer> ask(const Transport& transport, const std::string& request, const Patience& patience,
                                 const Stop& stop);

}  // namespace updraft::teacher
