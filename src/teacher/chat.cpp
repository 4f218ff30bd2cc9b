#include "teacher/chat.h"

#include <algorithm>
#include <nlohmann/json.hpp>

#include "corpus/check.h"
#include "text/utf8.h"

namespace updraft::teacher {
namespace {

using nlohmann::json;
using std::chrono::milliseconds;

constexpr std::uint64_t most_tokens = 1'000'000'000;  // a count beyond is made up

std::uint64_t tokens(const json& usage, const char* name) {
  const auto found = usage.find(name);
  if (found == usage.end() || !found->is_number_unsigned()) return 0;
  const auto count = found->get<std::uint64_t>();
  return count > most_tokens ? 0 : count;
}

// What a server says to explain itself: the message in its JSON, or the beginning of its text. One line.
std::string explanation(const std::string& body) {
  constexpr std::size_t longest = 200;
  std::string said = body;
  const json object = json::parse(body, nullptr, /*allow_exceptions=*/false);
  if (object.is_object()) {
    const auto error = object.find("error");
    const json& holder = error != object.end() && error->is_object() ? *error : object;
    if (const auto message = holder.find("message"); message != holder.end() && message->is_string()) {
      said = message->get<std::string>();
    }
  }
  return (said.empty() ? "" : ": ") + corpus::one_line(said.substr(0, longest));
}

bool may_pass(int status) { return status == 408 || status == 425 || status == 429 || status >= 500; }

ErrorCode kind_of(int status) {
  // These depend on the one request; the others would come back for any.
  return status == 400 || status == 413 || status == 422 || status == 200 ? ErrorCode::corrupt
                                                                          : ErrorCode::invalid_argument;
}

}  // namespace

Result<std::string> chat_request(const ChatOptions& options, std::span<const Message> messages) {
  json request = {{"model", options.model},
                  {"temperature", options.temperature},
                  {"max_tokens", options.max_tokens},
                  {"messages", json::array()}};
  if (options.json_mode) request["response_format"] = {{"type", "json_object"}};
  for (const Message& message : messages) {
    if (!text::is_valid_utf8(message.content)) return fail(ErrorCode::invalid_argument, "a text is not valid UTF-8");
    request["messages"].push_back({{"role", message.role}, {"content", message.content}});
  }
  if (!options.extra.empty()) {
    const json extra = json::parse(options.extra, nullptr, /*allow_exceptions=*/false);
    if (!extra.is_object())
      return fail(ErrorCode::invalid_argument, "what is merged into requests must be a JSON object");
    request.merge_patch(extra);
  }
  return request.dump(-1, ' ', false, json::error_handler_t::replace);
}

Result<Answer> read_answer(const std::string& body) {
  const json object = json::parse(body, nullptr, /*allow_exceptions=*/false);
  if (!object.is_object()) return fail(ErrorCode::corrupt, "the answer is not a JSON object");
  Answer answer;
  if (const auto usage = object.find("usage"); usage != object.end() && usage->is_object()) {
    answer.tokens_in = tokens(*usage, "prompt_tokens");
    answer.tokens_out = tokens(*usage, "completion_tokens");
  }
  const auto choices = object.find("choices");
  if (choices == object.end() || !choices->is_array() || choices->empty() || !choices->front().is_object()) {
    return fail(ErrorCode::corrupt, "the answer holds no choices" + explanation(body));
  }
  const json& choice = choices->front();
  if (const auto reason = choice.find("finish_reason"); reason != choice.end()) answer.cut = *reason == "length";
  const auto message = choice.find("message");
  if (message == choice.end() || !message->is_object()) return fail(ErrorCode::corrupt, "the answer holds no message");
  const auto content = message->find("content");
  if (content == message->end() || !content->is_string()) return fail(ErrorCode::corrupt, "the answer holds no text");
  answer.text = content->get<std::string>();
  return answer;
}

milliseconds delay_after(int attempt, std::optional<std::chrono::seconds> retry_after, double random,
                         const RetryOptions& options) {
  milliseconds delay = options.first_delay;
  for (int i = 1; i < attempt && delay < options.longest_delay; ++i) delay *= 2;
  delay = std::min(delay, options.longest_delay);
  delay = milliseconds(static_cast<std::int64_t>(static_cast<double>(delay.count()) * (0.5 + random / 2)));
  // Not all at the same moment, either.
  if (retry_after) delay = std::max(delay, milliseconds(*retry_after) + delay / 4);
  return delay;
}

Result<Answer> ask(const Transport& transport, const std::string& request, const Patience& patience, const Stop& stop) {
  const RetryOptions& options = patience.options;
  for (int attempt = 1;; ++attempt) {
    if (stop()) return fail(ErrorCode::cancelled, "stopped");
    const Result<HttpResponse> response = transport(request, stop);
    Error error;
    std::optional<std::chrono::seconds> retry_after;
    if (response) {
      if (response->status == 200) return read_answer(response->body);
      error = {ErrorCode::io, "HTTP " + std::to_string(response->status) + explanation(response->body)};
      retry_after = response->retry_after;
      if (!may_pass(response->status)) return fail(kind_of(response->status), error.message);
      if (retry_after && *retry_after > options.longest_retry_after) {
        return fail(ErrorCode::invalid_argument, error.message + "; the server asks to come back in " +
                                                     std::to_string(retry_after->count()) + " seconds");
      }
    } else {
      error = response.error();
      if (error.code != ErrorCode::io) return tl::unexpected(error);
    }
    if (attempt >= options.attempts) {
      return fail(ErrorCode::io, error.message + " (" + std::to_string(attempt) + " attempts)");
    }
    patience.retrying(error);
    patience.wait(delay_after(attempt, retry_after, patience.random(), options), stop);
  }
}

}  // namespace updraft::teacher
