// A line of JSON that is to be an object: what events, assets and feedback are read from.
#pragma once

#include <nlohmann/json.hpp>
#include <string>
#include <string_view>

#include "updraft/result.h"

namespace updraft::text {

// A line that cannot be taken, and why.
[[nodiscard]] inline tl::unexpected<Error> refused(std::string reason) {
  return fail(ErrorCode::invalid_argument, std::move(reason));
}

// Errors: invalid_argument, one line (no valid UTF-8, no valid JSON, no object, nested deeper than eight times).
[[nodiscard]] Result<nlohmann::json> parse_object(std::string_view line);

}  // namespace updraft::text
