// Recommending from a catalogue: what is near to a text, to assets and to what somebody did with assets.
#pragma once

#include <optional>

#include "catalogue/backend.h"
#include "catalogue/encoder.h"

namespace updraft::catalogue {

// As Catalogue::recommend, in one state of the catalogue, without the total time.
[[nodiscard]] Result<RecommendAnswer> recommend(View& view, const std::optional<Encoder>& encoder,
                                                const RecommendOptions& options);

}  // namespace updraft::catalogue
