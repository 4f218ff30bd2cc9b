// updraft eval depth
#pragma once

#include "cli/subcommand.h"

namespace updraft::cli {

[[nodiscard]] Subcommand add_eval_depth(CLI::App& eval);

}  // namespace updraft::cli
