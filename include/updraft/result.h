// Errors as values. Functions that can fail return Result<T>; exceptions are left to programming errors
// and to the edge (CLI, server).
#pragma once

#include <string>
#include <tl/expected.hpp>
#include <utility>

namespace updraft {

enum class ErrorCode {
  invalid_argument,  // the caller asked for something that cannot be (range, empty text, unknown task)
  not_found,         // a file that is not there
  corrupt,           // a file that is damaged or not what it claims to be
  unsupported,       // well formed, but beyond what this build can do
  io,                // the system refused: permission, disk full, out of memory
  cancelled,         // stopped by its caller
};

struct Error {
  ErrorCode code = ErrorCode::invalid_argument;
  std::string message;  // one line, says what to do where that is known
};

template <class T = void>
using Result = tl::expected<T, Error>;

[[nodiscard]] inline tl::unexpected<Error> fail(ErrorCode code, std::string message) {
  return tl::unexpected<Error>(Error{code, std::move(message)});
}

}  // namespace updraft
