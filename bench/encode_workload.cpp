#include "bench/encode_workload.h"

#include <nlohmann/json.hpp>

namespace updraft::bench {

std::vector<std::string> encode_texts(const EncodeRequest& request) {
  constexpr std::array<const char*, 11> words = {"red",    "sale",  "poster", "summer", "cat", "blue",
                                                 "flower", "paper", "night",  "city",   "tea"};
  std::vector<std::string> texts;
  for (int i = 0; i < request.texts; ++i) {
    std::string& text = texts.emplace_back();
    for (int j = 0; j + 2 < request.tokens; ++j) {
      text.append(j == 0 ? "" : " ").append(words[static_cast<std::size_t>(i * 7 + j * (3 + i / 11)) % words.size()]);
    }
  }
  return texts;
}

std::string to_json(const EncodeMeasurement& m) {
  return nlohmann::json{{"ms", m.ms}, {"load_ms", m.load_ms}, {"peak_rss_mb", m.peak_rss_mb}, {"points", m.points}}
      .dump();
}

std::optional<EncodeMeasurement> encode_from_json(const std::string& text) {
  const auto json = nlohmann::json::parse(text, nullptr, false);
  try {
    EncodeMeasurement m;
    json.at("ms").get_to(m.ms);
    json.at("load_ms").get_to(m.load_ms);
    json.at("peak_rss_mb").get_to(m.peak_rss_mb);
    json.at("points").get_to(m.points);
    return m;
  } catch (const nlohmann::json::exception&) {
    return std::nullopt;
  }
}

}  // namespace updraft::bench
