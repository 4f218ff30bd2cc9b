// What kind of file an asset's picture, or a page's part, is.
#pragma once

#include <filesystem>
#include <string>
#include <string_view>

namespace updraft::api {

// Of a picture, by its name ("image/svg+xml"); empty: it is none that a browser shows.
[[nodiscard]] std::string media_type(const std::filesystem::path& picture);

[[nodiscard]] bool is_on_the_web(std::string_view url);

}  // namespace updraft::api
