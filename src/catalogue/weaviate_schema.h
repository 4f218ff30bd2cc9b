// The collections of a catalogue on a cluster, and the objects in them:
// - Name_N, a store: the versions of assets, each valid from the generation `since` to before the generation `until`;
//   begun by the update of number N, anew for each encoder
// - Name_state: what is not searched: the objects `about` and `writer`, which there is one of each; the catalogue's
// words
//   with what they are found by when they are mistyped; points of an update that came to no end
#pragma once

#include <cstdint>
#include <nlohmann/json.hpp>
#include <span>
#include <string>

#include "catalogue/stems.h"
#include "catalogue/weaviate_answers.h"

namespace updraft::catalogue {

[[nodiscard]] std::string state_collection(const std::string& name);
[[nodiscard]] std::string store_collection(const std::string& name, std::uint64_t store);
// The number in the name of a store; 0: it is none of this catalogue's.
[[nodiscard]] std::uint64_t store_of(const std::string& collection, const std::string& name);

// Their definitions, for a cluster of so many nodes: three copies of everything where there are three nodes.
[[nodiscard]] nlohmann::json state_definition(const std::string& collection, std::size_t nodes);
[[nodiscard]] nlohmann::json store_definition(const std::string& collection, int dimension, std::size_t nodes);

inline constexpr const char* about_uuid = "00000000-0000-4000-8000-000000000001";
inline constexpr const char* writer_uuid = "00000000-0000-4000-8000-000000000002";
[[nodiscard]] std::string random_uuid();

// An object as a batch takes it, in JSON.
struct NewObject {
  std::string uuid, json;
};
[[nodiscard]] NewObject asset_object(const std::string& collection, const std::string& uuid, const Asset& asset,
                                     const Fingerprint& fingerprint, std::uint64_t since, std::span<const float> point,
                                     const Stemmer& stemmer);
[[nodiscard]] NewObject value_object(const std::string& collection, const std::string& uuid, const std::string& value);
[[nodiscard]] NewObject word_object(const std::string& collection, const std::string& word);
[[nodiscard]] NewObject point_object(const std::string& collection, std::uint64_t encoder, std::uint64_t meaning,
                                     std::span<const float> point);

// The words of an asset, each once, as word_object takes them.
[[nodiscard]] std::vector<std::string> words_of(const Asset& asset);

// What is asked for of a whole asset.
inline constexpr const char* asset_fields = "asset title description tags facets popularity url";

}  // namespace updraft::catalogue
