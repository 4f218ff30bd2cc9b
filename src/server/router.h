// Which pattern a path fits: "/v1/assets/{id}/picture".
#pragma once

#include <optional>
#include <string>
#include <string_view>

namespace updraft::server {

// "%2F" becomes "/"; nullopt: it is no percent-encoding, or no UTF-8.
[[nodiscard]] std::optional<std::string> percent_decoded(std::string_view text);

// What stands in the place of {...} in `path`, decoded: anything, slashes too, but not nothing; an empty text for a
// pattern without one. nullopt: the path does not fit.
[[nodiscard]] std::optional<std::string> match(std::string_view pattern, std::string_view path);

}  // namespace updraft::server
