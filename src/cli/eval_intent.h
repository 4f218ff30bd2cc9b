// updraft eval intent: how well what people type is understood.
#pragma once

#include <functional>

namespace CLI {
class App;
}

namespace updraft::cli {

struct Subcommand;

// Adds itself to `updraft eval`.
[[nodiscard]] Subcommand add_eval_intent(CLI::App& eval);

}  // namespace updraft::cli
