// updraft eval feedback: whether what people do with suggestions makes them better, by a simulated population.
#pragma once

#include "cli/subcommand.h"

namespace updraft::cli {

[[nodiscard]] Subcommand add_eval_feedback(CLI::App& eval);

}  // namespace updraft::cli
