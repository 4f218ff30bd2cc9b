#include "bench/workload.h"

#include <algorithm>
#include <array>
#include <chrono>
#include <cmath>
#include <fstream>
#include <limits>
#include <nlohmann/json.hpp>
#include <numeric>

namespace updraft::bench {

std::string to_json(const Measurement& m) {
  return nlohmann::json{{"load_ms", m.load_ms},       {"decode_ms", m.decode_ms}, {"suggest_ms", m.suggest_ms},
                        {"prefill_ms", m.prefill_ms}, {"users_ms", m.users_ms},   {"peak_rss_mb", m.peak_rss_mb},
                        {"n_output", m.n_output},     {"decoded", m.decoded}}
      .dump();
}

std::optional<Measurement> from_json(const std::string& text) {
  const auto json = nlohmann::json::parse(text, nullptr, false);
  if (!json.is_object()) return std::nullopt;
  const auto number = [&](const char* key) {
    return json.at(key).is_null() ? Measurement::none : json.at(key).get<double>();  // JSON has no NaN
  };
  try {
    return Measurement{.load_ms = number("load_ms"),
                       .decode_ms = number("decode_ms"),
                       .suggest_ms = number("suggest_ms"),
                       .prefill_ms = number("prefill_ms"),
                       .users_ms = number("users_ms"),
                       .peak_rss_mb = number("peak_rss_mb"),
                       .n_output = json.at("n_output"),
                       .decoded = json.at("decoded")};
  } catch (const nlohmann::json::exception&) {
    return std::nullopt;
  }
}

std::vector<std::int32_t> prompt(std::span<const std::int32_t> text_ids, std::span<const std::int32_t> command_ids,
                                 std::size_t n) {
  std::vector<std::int32_t> ids(n - command_ids.size());
  for (std::size_t i = 0; i < ids.size(); ++i) ids[i] = text_ids[i % text_ids.size()];
  ids.insert(ids.end(), command_ids.begin(), command_ids.end());
  return ids;
}

std::vector<std::vector<std::int32_t>> prompts_of_users(std::span<const std::int32_t> text_ids,
                                                        std::span<const std::int32_t> command_ids) {
  std::vector<std::vector<std::int32_t>> prompts;
  std::vector<std::int32_t> ids(text_ids.begin(), text_ids.end());
  for (int user = 0; user < users; ++user) {
    prompts.push_back(prompt(ids, command_ids, prompt_tokens));
    std::rotate(ids.begin(), ids.begin() + 1, ids.end());
  }
  return prompts;
}

// Maxima of blocks in vector registers, then a look into the best block: the sampler must not weigh in the measurement.
std::int32_t best_token(std::span<const float> logits) {
  constexpr std::size_t lanes = 32, block = 1024;
  float best = -std::numeric_limits<float>::infinity();
  std::size_t best_start = 0;
  for (std::size_t start = 0; start < logits.size(); start += block) {
    const std::size_t end = std::min(start + block, logits.size());
    std::array<float, lanes> maxima;
    maxima.fill(-std::numeric_limits<float>::infinity());
    std::size_t i = start;
    for (; i + lanes <= end; i += lanes)
      for (std::size_t lane = 0; lane < lanes; ++lane) maxima[lane] = std::max(maxima[lane], logits[i + lane]);
    for (; i < end; ++i) maxima[0] = std::max(maxima[0], logits[i]);
    const float here = *std::max_element(maxima.begin(), maxima.end());
    if (here > best) {
      best = here;
      best_start = start;
    }
  }
  const auto from = logits.begin() + static_cast<std::ptrdiff_t>(best_start);
  return static_cast<std::int32_t>(std::find(from, logits.end(), best) - logits.begin());
}

std::vector<std::int32_t> best_tokens(std::span<const float> logits, std::size_t n) {
  std::vector<std::int32_t> ids(logits.size());
  std::iota(ids.begin(), ids.end(), 0);
  n = std::min(n, ids.size());
  std::partial_sort(ids.begin(), ids.begin() + static_cast<std::ptrdiff_t>(n), ids.end(),
                    [&](std::int32_t a, std::int32_t b) {
                      const float x = logits[static_cast<std::size_t>(a)], y = logits[static_cast<std::size_t>(b)];
                      return x > y || (x == y && a < b);
                    });
  ids.resize(n);
  return ids;
}

double now_ms() {
  return std::chrono::duration<double, std::milli>(std::chrono::steady_clock::now().time_since_epoch()).count();
}

// VmHWM, not getrusage: the latter also remembers the process that this one was started from.
double peak_rss_mb() {
  std::ifstream status("/proc/self/status");
  for (std::string line; std::getline(status, line);)
    if (line.starts_with("VmHWM:")) return std::stod(line.substr(6)) / 1024;
  return 0;
}

double median(std::vector<double> values) {
  if (values.empty()) return std::nan("");
  std::sort(values.begin(), values.end());
  const std::size_t middle = values.size() / 2;
  return values.size() % 2 == 1 ? values[middle] : (values[middle - 1] + values[middle]) / 2;
}

}  // namespace updraft::bench
