#pragma once

#include "updraft/result.h"
#include "updraft/suggest.h"

namespace updraft::suggest {

// Errors: invalid_argument, when one of them is out of its range.
[[nodiscard]] Result<> check(const SuggestOptions& options);

}  // namespace updraft::suggest
