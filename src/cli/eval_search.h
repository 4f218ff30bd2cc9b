// updraft eval search: how well a catalogue is searched and recommended from, by its own tags and titles.
#pragma once

#include "cli/subcommand.h"

namespace updraft::cli {

[[nodiscard]] Subcommand add_eval_search(CLI::App& eval);

}  // namespace updraft::cli
