// What went wrong, as clients are told: a status and {"error": {"code", "message"}}.
#pragma once

#include <string>
#include <string_view>

#include "server/http.h"
#include "updraft/result.h"

namespace updraft::server {

// The code goes by the status.
[[nodiscard]] Response failure(int status, std::string_view message);
[[nodiscard]] std::string failure_json(int status, std::string_view message);

// An error of the library's. What a client cannot help is told without details: paths are nobody's business.
[[nodiscard]] int status_of(const Error& error);
[[nodiscard]] Response failure(const Error& error);
[[nodiscard]] std::string failure_json(const Error& error);

// A request that could not be read: corrupt is no JSON (400), invalid_argument a value that cannot be taken (422).
[[nodiscard]] Response refusal(const Error& error);

}  // namespace updraft::server
