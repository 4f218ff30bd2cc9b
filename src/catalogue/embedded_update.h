// Writing an embedded catalogue.
#pragma once

#include <filesystem>
#include <memory>

#include "catalogue/lock.h"
#include "catalogue/stored.h"

namespace updraft::catalogue {

// The one update of the catalogue in `directory`, for as long as it holds the lock. Errors: io, corrupt.
[[nodiscard]] Result<std::unique_ptr<Update>> begin_embedded_update(const std::filesystem::path& directory,
                                                                    const Database& database, Lock lock);

}  // namespace updraft::catalogue
