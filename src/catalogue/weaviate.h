// The backend on a Weaviate cluster, through its REST and GraphQL interfaces.
// - Versions. Nothing is changed in place: an update of number N writes new versions of assets, valid from N on, and
//   says of the ones that they replace that they end with N. A reader looks at the versions that are valid in the
//   generation that the object `about` names; that object is written last, and with it the update holds. What an update
//   that was killed has left is removed by the next one.
// - Copies. Everything is written to most of three nodes before it counts as written, and `about` is read from most of
//   them. A search asks one node, of which it has made sure that it holds all assets of the generation; when that one
//   goes away, the next.
// - One writer: catalogue/weaviate_lease.h.
// A view can be looked at until the second update after its own begins.
#pragma once

#include <memory>
#include <string_view>

#include "catalogue/backend.h"

namespace updraft::catalogue {

// `place` as weaviate_place.h says; `write` makes what is missing. Errors: invalid_argument, not_found (no catalogue),
// io, unsupported (libcurl is not installed).
[[nodiscard]] Result<std::unique_ptr<Backend>> open_weaviate(std::string_view place, Access access);

}  // namespace updraft::catalogue
