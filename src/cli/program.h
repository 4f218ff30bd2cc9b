#pragma once

#include <span>

#include "cli/subcommand.h"

namespace updraft::cli {

// A whole program: parses the command line, runs the subcommand, returns the exit code. Exceptions end it as errors.
[[nodiscard]] int run_program(int argc, const char* const* argv, std::span<const AddSubcommand> subcommands);

}  // namespace updraft::cli
