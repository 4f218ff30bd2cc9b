// Indexing in front of a person: how far it is, and what is wrong with the source.
#pragma once

#include <filesystem>
#include <string>

#include "updraft/catalogue.h"

namespace updraft::cli {

// index() that tells on stderr what is refused and which pictures cannot be seen, the first of many one by one, and
// unless `quiet` how far it is: on a terminal a bar that changes, else a line for each tenth; what takes no second is
// told at its end alone.
[[nodiscard]] Result<IndexReport> index_aloud(const std::filesystem::path& source,
                                              const std::filesystem::path& catalogue, IndexOptions options, bool quiet);

// Minutes and seconds, from an hour on with hours: 0:07, 12:00, 1:02:03.
[[nodiscard]] std::string duration(double seconds);

}  // namespace updraft::cli
