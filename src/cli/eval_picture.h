// updraft eval picture
#pragma once

#include "cli/subcommand.h"

namespace updraft::cli {

[[nodiscard]] Subcommand add_eval_picture(CLI::App& eval);

}  // namespace updraft::cli
