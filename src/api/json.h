// What the program and the server answer, as JSON: one writer for both.
#pragma once

#include <nlohmann/json_fwd.hpp>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "updraft/catalogue.h"
#include "updraft/intent.h"
#include "updraft/picture.h"
#include "updraft/suggest.h"

namespace updraft::api {

// Printable ASCII and UTF-8 only: whatever could steer a terminal is escaped, invalid bytes become U+FFFD.
[[nodiscard]] std::string json_line(const nlohmann::ordered_json& value);

// {name: value, ...}
[[nodiscard]] nlohmann::ordered_json to_json(const std::vector<Facet>& facets);

// {typed: meant, ...}
[[nodiscard]] nlohmann::ordered_json to_json(const std::vector<Correction>& corrections);

// {"id", "title", "description", "tags", "facets": {name: [value, ...]}, "popularity", "url"}
[[nodiscard]] nlohmann::ordered_json to_json(const Asset& asset);

// {"text", "words", "score", "task"}
[[nodiscard]] nlohmann::ordered_json to_json(const Suggestion& suggestion);

// {"load_ms", "prefill_ms", "decode_ms", "choice_ms", "total_ms", "prompt_tokens", "decoded_tokens", "peak_rss_mb"}
[[nodiscard]] nlohmann::ordered_json to_json(const Timings& timings);

// {"utterance", "intent", "goal", "category", "facets", "language", "confidence", "goals", "categories", "timings"}
[[nodiscard]] nlohmann::ordered_json to_json(std::string_view utterance, const Intent& intent);

// The same in short: {"goal", "category", "facets", "confidence", "total_ms"}
[[nodiscard]] nlohmann::ordered_json to_json(const Intent& intent);

// {"kind", "tags": {name: score, ...}, "palette": {name: share, ...}, "written", "format", "width", "height", "aspect",
// "timings"}
[[nodiscard]] nlohmann::ordered_json to_json(const Seen& seen);

// {"seen": ..., then what the object holds}; the object as it is where no picture was shown.
[[nodiscard]] nlohmann::ordered_json with_seen(const std::optional<Seen>& seen, nlohmann::ordered_json object);

// {"error": {"code", "message"}}
[[nodiscard]] nlohmann::ordered_json error_json(std::string_view code, std::string_view message);

// To three decimals.
[[nodiscard]] double rounded(double value);

}  // namespace updraft::api
