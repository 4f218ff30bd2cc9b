// The backend in a directory of its own:
// - catalogue.sqlite: assets, the index of words (FTS5), facets, the vocabulary (catalogue/stored.h); in WAL mode
// - points-N.hnsw: the index of meaning (catalogue/vectors.h) of generation N, the one that catalogue.sqlite names
// - pending.sqlite: points of an update that came to no end (catalogue/pending.h)
// - lock: locked by the one that writes (catalogue/lock.h)
// An update is one transaction of catalogue.sqlite. Its index of meaning is a new file, whole before the transaction
// commits: a kill at any moment leaves the old state or the new one, and perhaps a file that the next update removes.
#pragma once

#include <filesystem>

#include "catalogue/backend.h"

namespace updraft::catalogue {

// `write` makes what is missing. Errors: not_found (no catalogue), io, corrupt, unsupported (of another version).
[[nodiscard]] Result<std::unique_ptr<Backend>> open_embedded(const std::filesystem::path& directory, Access access);

}  // namespace updraft::catalogue
