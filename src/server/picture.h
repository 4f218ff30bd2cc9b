// What a picture in a request says. The one place where pictures come in.
#pragma once

#include <string_view>

#include "updraft/intent.h"
#include "updraft/result.h"

namespace updraft::server {

// What is wanted, as told from a picture and what was typed beside it (maybe nothing). `bytes` is a file of any content
// of at most api::max_picture_bytes. Errors: invalid_argument, unsupported.
[[nodiscard]] Result<Intent> read_picture(std::string_view bytes, std::string_view text);

}  // namespace updraft::server
