// Which file an asset's url names: what may be looked at of a source that others have written.
#pragma once

#include <filesystem>
#include <optional>
#include <string>

#include "updraft/result.h"

namespace updraft::catalogue {

// Whether it is called as pictures are, in letters of any case; it need not be one.
[[nodiscard]] bool has_picture_name(const std::filesystem::path& path);

// The file in `folder`, or below it, that `url` names by its path from there or by an absolute one, with links
// followed: the path that is returned has none. nullopt: a url that names no picture, such as a page, or a place on the
// web. Errors, which name it: not_found, invalid_argument (it lies outside of the folder), io.
[[nodiscard]] Result<std::optional<std::filesystem::path>> picture_file(const std::string& url,
                                                                        const std::filesystem::path& folder);

}  // namespace updraft::catalogue
