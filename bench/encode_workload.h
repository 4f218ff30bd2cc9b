// What both sides of the text encoder's benchmark do: the same texts, measured by the same clock.
#pragma once

#include <array>
#include <optional>
#include <string>
#include <vector>

#include "bench/workload.h"

namespace updraft::bench {

// Texts that are encoded together. Lengths are in tokens, [CLS] and [SEP] included: a short query, a long one, and
// prompts.
struct EncodeRequest {
  int texts, tokens;
};
inline constexpr std::array<EncodeRequest, 8> encode_requests = {
    {{1, 5}, {1, 8}, {1, 25}, {1, 30}, {32, 5}, {32, 8}, {32, 25}, {32, 30}}};
inline constexpr int encode_repetitions = 15;  // of each request in a process; the median counts

// Words that are one token each, another text for each number.
[[nodiscard]] std::vector<std::string> encode_texts(const EncodeRequest& request);

struct EncodeMeasurement {
  std::array<double, encode_requests.size()> ms{};  // of each request, from texts to points
  double load_ms = 0;                               // from before the file is opened to the first text's point
  double peak_rss_mb = 0;                           // of the process, at its end
  std::vector<float> points;  // of the last request, of unit length, so that the sides can be seen to agree
};
[[nodiscard]] std::string to_json(const EncodeMeasurement& measurement);  // one line
[[nodiscard]] std::optional<EncodeMeasurement> encode_from_json(const std::string& text);

// One round; `encode` makes the points of some texts, and has made that of the first text once, `load_ms` after the
// start.
template <class Encode>
EncodeMeasurement measure_encode(double load_ms, const Encode& encode) {
  EncodeMeasurement m;
  m.load_ms = load_ms;
  for (std::size_t i = 0; i < encode_requests.size(); ++i) {
    const auto texts = encode_texts(encode_requests[i]);
    m.points = encode(texts);
    std::vector<double> times;
    for (int repetition = 0; repetition < encode_repetitions; ++repetition) {
      const double start = now_ms();
      m.points = encode(texts);
      times.push_back(now_ms() - start);
    }
    m.ms[i] = median(std::move(times));
  }
  m.peak_rss_mb = peak_rss_mb();
  return m;
}

}  // namespace updraft::bench
