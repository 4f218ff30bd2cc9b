// A folder of pictures as a source: by what the files say about themselves (image/metadata.h) and by their names
// ("old-red_barn.jpg" is "old red barn"). The id is the path below the folder; the facets `folder` (the first folder on
// that path), `format` and `creator` are set where they are known. Hidden files and links are left out.
#pragma once

#include "catalogue/source.h"

namespace updraft::catalogue {

// Errors: io.
[[nodiscard]] Result<std::unique_ptr<Source>> open_folder(const std::filesystem::path& folder);

}  // namespace updraft::catalogue
