// What both sides of the benchmark do: the same requests, told in the same words, measured by the same clock.
#pragma once

#include <cstddef>
#include <cstdint>
#include <limits>
#include <optional>
#include <span>
#include <string>
#include <string_view>
#include <vector>

namespace updraft::bench {

// The requests. Lengths are in tokens.
inline constexpr int prompt_tokens = 32;      // the prompt of decode and suggest
inline constexpr int decode_tokens = 64;      // decoded one by one behind it
inline constexpr int suggestions = 8;         // decoded at once behind it ...
inline constexpr int suggestion_tokens = 24;  // ... this far
inline constexpr int prefill_tokens = 128;    // a long prompt, read only
inline constexpr int users = 32;        // whose requests a server decodes together, each behind a prompt of its own
inline constexpr int user_tokens = 24;  // decoded for each
inline constexpr int repetitions = 3;   // of each request in a process; the median counts

// What one process measured; NaN is what it was not asked for.
struct Measurement {
  static constexpr double none = std::numeric_limits<double>::quiet_NaN();
  double load_ms = none;     // from before the file is opened to the first token of the prompt's answer
  double decode_ms = none;   // decode_tokens steps of one token
  double suggest_ms = none;  // the whole request: prompt, then suggestion_tokens tokens for each suggestion
  double prefill_ms = none;
  double users_ms = none;             // user_tokens steps of a token for each user; their prompts have been read
  double peak_rss_mb = none;          // of the process, before the requests of the users
  int n_output = 0;                   // logits computed a token
  std::vector<std::int32_t> decoded;  // the ids of the last decode, so that the sides can be seen to do the same work
};

[[nodiscard]] std::string to_json(const Measurement& measurement);  // one line
[[nodiscard]] std::optional<Measurement> from_json(const std::string& text);

// What the prompts say; each side reads it with its own tokenizer, over and over until there are enough tokens.
inline constexpr std::string_view prompt_text =
    "Watercolor lemon branches on a white kitchen tile, hand lettered grocery list in the corner, warm morning light. ";
// Behind it stands a command, where the model knows commands (see suggest/command.h): without one, a model trained for
// them has nothing to say, and two sides that round differently soon say different things.
inline constexpr std::string_view command_text = "<|image|>609<|prompt|>";
inline constexpr std::size_t command_tokens = 5;
[[nodiscard]] std::vector<std::int32_t> prompt(std::span<const std::int32_t> text_ids,
                                               std::span<const std::int32_t> command_ids, std::size_t n);
// One for each user, from another token of the text on: no two have a beginning in common.
[[nodiscard]] std::vector<std::vector<std::int32_t>> prompts_of_users(std::span<const std::int32_t> text_ids,
                                                                      std::span<const std::int32_t> command_ids);

// Index of the largest value, the first one of equals.
[[nodiscard]] std::int32_t best_token(std::span<const float> logits);
// Indices of the n largest values, largest first.
[[nodiscard]] std::vector<std::int32_t> best_tokens(std::span<const float> logits, std::size_t n);

[[nodiscard]] double now_ms();       // steady clock
[[nodiscard]] double peak_rss_mb();  // the process's high-water mark, MiB
[[nodiscard]] double median(std::vector<double> values);

// The median time of `repetitions` runs of `request`, after one that warms up; `prepare` runs untimed before each.
template <class Prepare, class Request>
double time_ms(const Prepare& prepare, const Request& request) {
  std::vector<double> times;
  for (int i = 0; i <= repetitions; ++i) {
    prepare();
    const double start = now_ms();
    request();
    if (i > 0) times.push_back(now_ms() - start);
  }
  return median(std::move(times));
}

}  // namespace updraft::bench
