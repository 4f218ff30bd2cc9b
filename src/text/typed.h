// What a person typed, before anything works on it.
#pragma once

#include <cstddef>
#include <string>
#include <string_view>

#include "updraft/result.h"

namespace updraft::text {

// Errors: invalid_argument ("the <what> is ..."), when it is nothing but space, longer than max_bytes or no valid
// UTF-8.
[[nodiscard]] Result<> check_typed(const std::string& what, std::string_view typed, std::size_t max_bytes);

}  // namespace updraft::text
