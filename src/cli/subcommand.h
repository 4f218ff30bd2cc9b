// What main.cpp composes a program of: each subcommand has a file of its own, adds itself to the command line and
// knows how to run.
#pragma once

#include <functional>

namespace CLI {
class App;
}

namespace updraft::cli {

struct Subcommand {
  CLI::App* app = nullptr;
  std::function<int()> run;  // after parsing; returns the exit code
};

using AddSubcommand = Subcommand (*)(CLI::App& program);

[[nodiscard]] Subcommand add_suggest(CLI::App& program);
[[nodiscard]] Subcommand add_intent(CLI::App& program);
[[nodiscard]] Subcommand add_index(CLI::App& program);
[[nodiscard]] Subcommand add_search(CLI::App& program);
[[nodiscard]] Subcommand add_recommend(CLI::App& program);
[[nodiscard]] Subcommand add_feedback(CLI::App& program);
[[nodiscard]] Subcommand add_serve(CLI::App& program);
[[nodiscard]] Subcommand add_convert(CLI::App& program);
[[nodiscard]] Subcommand add_eval(CLI::App& program);        // of updraft-eval
[[nodiscard]] Subcommand add_completion(CLI::App& program);  // last: it completes what was added before

}  // namespace updraft::cli
