// How a run of the program ends: exit codes, one-line errors, and output whose reader may go away.
#pragma once

#include <string_view>

#include "updraft/result.h"

namespace updraft::cli {

enum ExitCode : int {
  success = 0,
  failure = 1,     // ours, or the system's
  user_error = 2,  // what was asked for cannot be done: arguments, intents, model files
};

[[nodiscard]] ExitCode exit_code(const Error& error);

// Writes "updraft: message" as one line to stderr and returns the error's exit code. `cancelled` (nobody reads our
// output any more) is no error: it is not told, and is a success.
int report(const Error& error);

// The exit code of what was done, after its error was reported.
int finish(const Result<>& done);

// Writes all of `text` to stdout at once. Errors: cancelled, when the reader has closed the pipe; io.
[[nodiscard]] Result<> print(std::string_view text);

}  // namespace updraft::cli
