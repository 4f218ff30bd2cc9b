#include "catalogue/weaviate_schema.h"

#include <algorithm>
#include <array>
#include <charconv>
#include <random>
#include <set>

#include "catalogue/weaviate_query.h"
#include "catalogue/words.h"
#include "corpus/hash.h"

namespace updraft::catalogue {
namespace {

using nlohmann::json;

constexpr std::size_t copies = 3;

std::string dumped(const json& value) { return value.dump(-1, ' ', false, json::error_handler_t::replace); }

// How a property is indexed.
enum class Use { kept, filtered, searched };

json text(const char* name, Use use, const char* type = "text") {
  // Searched texts are stems with spaces between them; filtered ones are compared as a whole.
  return {{"name", name},
          {"dataType", {type}},
          {"tokenization", use == Use::searched ? "whitespace" : "field"},
          {"indexFilterable", use == Use::filtered},
          {"indexSearchable", use == Use::searched}};
}

json number(const char* name, const char* type, bool compared) {
  return {{"name", name}, {"dataType", {type}}, {"indexFilterable", compared}, {"indexRangeFilters", compared}};
}

json definition(const std::string& collection, std::size_t nodes, json vectors, json properties) {
  return {
      {"class", collection},
      {"vectorizer", "none"},
      {"vectorIndexType", "hnsw"},
      {"vectorIndexConfig", std::move(vectors)},
      {"invertedIndexConfig", {{"stopwords", {{"preset", "none"}}}}},
      // What a node missed while it was away it gets from the others, deletions too.
      {"replicationConfig",
       {{"factor", std::min(nodes, copies)}, {"asyncEnabled", nodes > 1}, {"deletionStrategy", "TimeBasedResolution"}}},
      // One shard a node: in its copies it is on three.
      {"shardingConfig", {{"desiredCount", std::max<std::size_t>(nodes / copies, 1)}}},
      {"properties", std::move(properties)}};
}

NewObject object(const std::string& collection, const std::string& uuid, json properties,
                 std::span<const float> point = {}) {
  std::string text = dumped({{"class", collection}, {"id", uuid}, {"properties", std::move(properties)}});
  if (!point.empty()) {
    text.pop_back();
    text += ",\"vector\":" + to_text(point) + "}";
  }
  return {uuid, std::move(text)};
}

std::string hashed_uuid(std::string_view text) {
  const std::uint64_t high = corpus::hash(text), low = corpus::hash(text, high ^ 0x9E3779B97F4A7C15U);
  std::string digits;
  for (const std::uint64_t half : {high, low}) {
    const std::string hex = to_hex(half);
    digits += std::string(16 - hex.size(), '0') + hex;
  }
  digits[12] = '4';  // the form of a random UUID
  digits[16] = '8';
  for (const std::size_t at : {8U, 13U, 18U, 23U}) digits.insert(at, 1, '-');
  return digits;
}

}  // namespace

std::string state_collection(const std::string& name) { return name + "_state"; }

std::string store_collection(const std::string& name, std::uint64_t store) {
  return name + "_" + std::to_string(store);
}

std::uint64_t store_of(const std::string& collection, const std::string& name) {
  if (!collection.starts_with(name + "_")) return 0;
  std::uint64_t store = 0;
  const char* const end = collection.data() + collection.size();
  const auto [last, error] = std::from_chars(collection.data() + name.size() + 1, end, store);
  return error == std::errc() && last == end ? store : 0;
}

json state_definition(const std::string& collection, std::size_t nodes) {
  return definition(
      collection, nodes, {{"skip", true}},
      {text("kind", Use::filtered), text("value", Use::kept), text("word", Use::kept),
       text("near", Use::filtered, "text[]"), text("encoder", Use::filtered), text("meaning", Use::kept)});
}

json store_definition(const std::string& collection, int dimension, std::size_t nodes) {
  // Of fewer than 10,000 that a filter leaves each is measured, which is exact.
  const json vectors =
      dimension > 0 ? json{{"distance", "cosine"}, {"flatSearchCutoff", 10'000}} : json{{"skip", true}};
  return definition(collection, nodes, vectors,
                    {text("asset", Use::filtered), text("title", Use::kept), text("description", Use::kept),
                     text("tags", Use::kept, "text[]"), text("facets", Use::filtered, "text[]"), text("url", Use::kept),
                     number("popularity", "number", false), text("content", Use::kept), text("meaning", Use::kept),
                     number("since", "int", true), number("until", "int", true), text("titleStems", Use::searched),
                     text("tagStems", Use::searched), text("descriptionStems", Use::searched),
                     text("words", Use::filtered, "text[]")});
}

std::string random_uuid() {
  thread_local std::random_device device;
  std::string bytes;
  for (int i = 0; i < 4; ++i) bytes += to_hex(std::uint64_t{1} << 32 | device()).substr(1);
  bytes[12] = '4';
  bytes[16] = '8';
  for (const std::size_t at : {8U, 13U, 18U, 23U}) bytes.insert(at, 1, '-');
  return bytes;
}

NewObject asset_object(const std::string& collection, const std::string& uuid, const Asset& asset,
                       const Fingerprint& fingerprint, std::uint64_t since, std::span<const float> point,
                       const Stemmer& stemmer) {
  std::vector<std::string> facets;
  std::string tag_stems;
  for (const Facet& facet : asset.facets) facets.push_back(facet_text(facet));
  for (const std::string& tag : asset.tags)
    tag_stems.append(tag_stems.empty() ? "" : " ").append(stemmer.stems_of(tag));
  json properties = {{"asset", asset.id},
                     {"title", asset.title},
                     {"description", asset.description},
                     {"tags", asset.tags},
                     {"facets", facets},
                     {"url", asset.url},
                     {"popularity", asset.popularity},
                     {"content", to_hex(fingerprint.content)},
                     {"meaning", to_hex(fingerprint.meaning)},
                     {"since", since},
                     {"until", for_ever},
                     {"titleStems", stemmer.stems_of(asset.title)},
                     {"tagStems", tag_stems},
                     {"descriptionStems", stemmer.stems_of(asset.description)},
                     {"words", words_of(asset)}};
  return object(collection, uuid, std::move(properties), point);
}

NewObject value_object(const std::string& collection, const std::string& uuid, const std::string& value) {
  return object(collection, uuid, {{"kind", "value"}, {"value", value}});
}

NewObject word_object(const std::string& collection, const std::string& word) {
  return object(collection, hashed_uuid("word " + word),
                {{"kind", "word"}, {"word", word}, {"near", shortened(word, mistakes_to(word))}});
}

NewObject point_object(const std::string& collection, std::uint64_t encoder, std::uint64_t meaning,
                       std::span<const float> point) {
  return object(collection, hashed_uuid("point " + to_hex(encoder) + " " + to_hex(meaning)),
                {{"kind", "point"}, {"encoder", to_hex(encoder)}, {"meaning", to_hex(meaning)}}, point);
}

std::vector<std::string> words_of(const Asset& asset) {
  std::set<std::string> words;
  const auto add = [&](std::string_view text) {
    for (std::string& word : words_of(text)) words.insert(std::move(word));
  };
  add(asset.title);
  add(asset.description);
  for (const std::string& tag : asset.tags) add(tag);
  return {words.begin(), words.end()};
}

}  // namespace updraft::catalogue
