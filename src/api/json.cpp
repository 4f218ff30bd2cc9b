#include "api/json.h"

#include <array>
#include <cmath>
#include <cstdio>
#include <nlohmann/json.hpp>
#include <string_view>

namespace updraft::api {
namespace {

// DEL and U+0080..U+009F are valid in JSON strings as they are, but steer terminals.
std::string escape_controls(std::string_view json) {
  std::string out;
  out.reserve(json.size());
  for (std::size_t i = 0; i < json.size(); ++i) {
    const auto byte = static_cast<unsigned char>(json[i]);
    const auto next = static_cast<unsigned char>(i + 1 < json.size() ? json[i + 1] : 0);
    std::array<char, 8> escape{};
    if (byte == 0x7F) {
      out += "\\u007f";
    } else if (byte == 0xC2 && next >= 0x80 && next <= 0x9F) {
      std::snprintf(escape.data(), escape.size(), "\\u%04x", next);
      out += escape.data();
      ++i;
    } else {
      out += json[i];
    }
  }
  return out;
}

}  // namespace

std::string json_line(const nlohmann::ordered_json& value) {
  return escape_controls(value.dump(-1, ' ', false, nlohmann::ordered_json::error_handler_t::replace)) + '\n';
}

nlohmann::ordered_json to_json(const std::vector<Facet>& facets) {
  nlohmann::ordered_json object = nlohmann::ordered_json::object();
  for (const Facet& facet : facets) object[facet.name] = facet.value;
  return object;
}

nlohmann::ordered_json to_json(const std::vector<Correction>& corrections) {
  nlohmann::ordered_json object = nlohmann::ordered_json::object();
  for (const Correction& correction : corrections) object[correction.typed] = correction.meant;
  return object;
}

nlohmann::ordered_json to_json(const Asset& asset) {
  using nlohmann::ordered_json;
  ordered_json facets = ordered_json::object();
  for (const Facet& facet : asset.facets) facets[facet.name].push_back(facet.value);
  return {{"id", asset.id},     {"title", asset.title}, {"description", asset.description},
          {"tags", asset.tags}, {"facets", facets},     {"popularity", asset.popularity},
          {"url", asset.url}};
}

nlohmann::ordered_json to_json(const Suggestion& suggestion) {
  return {{"text", suggestion.text},
          {"words", suggestion.words},
          {"score", rounded(suggestion.score)},
          {"task", name(suggestion.task)}};
}

nlohmann::ordered_json to_json(const Timings& timings) {
  return {{"load_ms", rounded(timings.load_ms)},      {"prefill_ms", rounded(timings.prefill_ms)},
          {"decode_ms", rounded(timings.decode_ms)},  {"choice_ms", rounded(timings.choice_ms)},
          {"total_ms", rounded(timings.total_ms)},    {"prompt_tokens", timings.prompt_tokens},
          {"decoded_tokens", timings.decoded_tokens}, {"peak_rss_mb", rounded(timings.peak_rss_mb)}};
}

namespace {

// A person who corrects need not say any.
std::string likeliest(const std::vector<Share>& shares) { return shares.empty() ? std::string() : shares.front().name; }

}  // namespace

nlohmann::ordered_json to_json(std::string_view utterance, const Intent& intent) {
  using nlohmann::ordered_json;
  const auto probabilities = [](const std::vector<Share>& shares) {
    ordered_json object = ordered_json::object();
    for (const Share& share : shares) object[share.name] = rounded(share.probability);
    return object;
  };
  return {{"utterance", utterance},
          {"intent", intent.text},
          {"goal", likeliest(intent.goals)},
          {"category", likeliest(intent.categories)},
          {"facets", to_json(intent.facets)},
          {"language", intent.language},
          {"confidence", rounded(intent.confidence)},
          {"goals", probabilities(intent.goals)},
          {"categories", probabilities(intent.categories)},
          {"timings", {{"load_ms", rounded(intent.load_ms)}, {"total_ms", rounded(intent.total_ms)}}}};
}

nlohmann::ordered_json to_json(const Intent& intent) {
  return {{"goal", likeliest(intent.goals)},
          {"category", likeliest(intent.categories)},
          {"facets", to_json(intent.facets)},
          {"confidence", rounded(intent.confidence)},
          {"total_ms", rounded(intent.total_ms)}};
}

nlohmann::ordered_json error_json(std::string_view code, std::string_view message) {
  return {{"error", {{"code", code}, {"message", message}}}};
}

double rounded(double value) { return std::round(value * 1e3) / 1e3; }

nlohmann::ordered_json to_json(const Seen& seen) {
  nlohmann::ordered_json tags = nlohmann::ordered_json::object(), palette = nlohmann::ordered_json::object();
  for (const SeenTag& tag : seen.tags) tags[tag.name] = rounded(tag.score);
  for (const SeenColour& colour : seen.palette) palette[colour.name] = rounded(colour.share);
  return {{"kind", seen.kind},
          {"tags", std::move(tags)},
          {"palette", std::move(palette)},
          {"written", seen.written},
          {"format", seen.format},
          {"width", seen.width},
          {"height", seen.height},
          {"aspect", seen.aspect},
          {"timings", {{"look_ms", rounded(seen.look_ms)}, {"read_ms", rounded(seen.read_ms)}}}};
}

nlohmann::ordered_json with_seen(const std::optional<Seen>& seen, nlohmann::ordered_json object) {
  if (!seen) return object;
  nlohmann::ordered_json out = {{"seen", to_json(*seen)}};
  out.update(object);
  return out;
}

}  // namespace updraft::api
