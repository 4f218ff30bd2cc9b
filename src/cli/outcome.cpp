#include "cli/outcome.h"

#include <cerrno>
#include <cstdio>
#include <cstring>

#include "cli/terminal.h"

namespace updraft::cli {

ExitCode exit_code(const Error& error) {
  switch (error.code) {
    case ErrorCode::invalid_argument:
    case ErrorCode::not_found:
    case ErrorCode::corrupt:
    case ErrorCode::unsupported:
      return user_error;
    case ErrorCode::io:
      return failure;
    case ErrorCode::cancelled:
      return success;
  }
  return failure;
}

int report(const Error& error) {
  if (error.code != ErrorCode::cancelled) {
    const std::string line = "updraft: " + printable(error.message) + '\n';
    std::fwrite(line.data(), 1, line.size(), stderr);
  }
  return exit_code(error);
}

int finish(const Result<>& done) { return done ? success : report(done.error()); }

Result<> print(std::string_view text) {
  errno = 0;
  if (std::fwrite(text.data(), 1, text.size(), stdout) == text.size() && std::fflush(stdout) == 0) return {};
  if (errno == EPIPE) return fail(ErrorCode::cancelled, "nobody reads the output any more");
  return fail(ErrorCode::io, std::string("cannot write the output: ") + std::strerror(errno));
}

}  // namespace updraft::cli
