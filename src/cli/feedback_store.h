#pragma once

#include <string>

#include "updraft/feedback.h"

namespace updraft::cli {

// The store of feedback at `place`, as FeedbackStore::open. A file that is to be read is not made. Errors: not_found,
// which says how to make it.
[[nodiscard]] Result<FeedbackStore> open_existing_store(const std::string& place);

}  // namespace updraft::cli
