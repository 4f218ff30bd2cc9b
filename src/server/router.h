// Which pattern a path fits: "/v1/assets/{id}/picture".
#pragma once

#include <optional>
#include <string>
#include <string_view>
#include <vector>

namespace updraft::server {

// "%2F" becomes "/"; nullopt: it is no percent-encoding, or no UTF-8.
[[nodiscard]] std::optional<std::string> percent_decoded(std::string_view text);

// What stands in the place of {...} in `path`, decoded: anything, slashes too, but not nothing; an empty text for a
// pattern without one. nullopt: the path does not fit.
[[nodiscard]] std::optional<std::string> match(std::string_view pattern, std::string_view path);

// The values of `name` in "id=a&id=b%20c", decoded, in their order. nullopt: another name stands there, or what is no
// percent-encoding.
[[nodiscard]] std::optional<std::vector<std::string>> query_values(std::string_view query, std::string_view name);

}  // namespace updraft::server
