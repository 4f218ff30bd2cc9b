// Searching a catalogue: words and meaning, for all queries, fused and made diverse.
#pragma once

#include <optional>
#include <string_view>

#include "catalogue/backend.h"
#include "catalogue/encoder.h"

namespace updraft::catalogue {

// As Catalogue::search, in one state of the catalogue, without the total time.
[[nodiscard]] Result<SearchAnswer> search(View& view, const std::optional<Encoder>& encoder, std::string_view text,
                                          const SearchOptions& options);

}  // namespace updraft::catalogue
