// What Weaviate is asked, as text. Whatever stands in the values, they stay values.
#pragma once

#include <nlohmann/json.hpp>
#include <span>
#include <string>
#include <string_view>
#include <vector>

#include "catalogue/backend.h"

namespace updraft::catalogue {

// A version of an asset that nothing has ended yet ends here. GraphQL's integers have 32 bits.
inline constexpr std::int64_t for_ever = 2'000'000'000;

// Filters, as JSON.
using Where = nlohmann::json;
[[nodiscard]] Where where_number(const char* property, const char* operation, std::int64_t value);
// For queries in GraphQL alone: elsewhere a list of values has another name.
[[nodiscard]] Where where_text(const char* property, std::span<const std::string> any_of);
[[nodiscard]] Where where_is(const char* property, const char* text);
[[nodiscard]] Where where_all(std::vector<Where> conditions);

// The versions of assets that are valid in a generation and have what `filters` ask for.
[[nodiscard]] Where where_visible(std::uint64_t generation, const Filters& filters = {});

// As the property `facets` holds one.
[[nodiscard]] std::string facet_text(const Facet& facet);

// JSON as GraphQL writes it: keys and operators without quotes.
[[nodiscard]] std::string to_graphql(const nlohmann::json& value);
// [0.5,-1]: the shortest that is read back as the same float.
[[nodiscard]] std::string to_text(std::span<const float> point);

// {"query": "{Get{Collection(arguments){fields}}}"}
[[nodiscard]] std::string get_query(const std::string& collection, const std::string& arguments,
                                    const std::string& fields);
[[nodiscard]] std::string count_query(const std::string& collection, const Where& where);

}  // namespace updraft::catalogue
