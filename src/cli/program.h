#pragma once

namespace updraft::cli {

// The whole program: parses the command line, runs the subcommand, returns the exit code.
[[nodiscard]] int run_program(int argc, const char* const* argv);

}  // namespace updraft::cli
