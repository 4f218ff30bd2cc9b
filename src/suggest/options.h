#pragma once

#include "updraft/result.h"
#include "updraft/suggest.h"

namespace updraft::suggest {

// The one given, or what suits the number of candidates: what the best are chosen from may be wilder.
[[nodiscard]] inline float temperature_of(const SuggestOptions& options) {
  return options.temperature.value_or(options.candidates > 1 ? 1.0F : 0.8F);
}

// Errors: invalid_argument, when one of them is out of its range.
[[nodiscard]] Result<> check(const SuggestOptions& options);

}  // namespace updraft::suggest
