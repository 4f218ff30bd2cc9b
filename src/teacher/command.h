// The teacher's and the corpus's subcommands of the trainer's program.
#pragma once

#include <functional>
#include <vector>

#include "corpus/check.h"
#include "teacher/http.h"
#include "updraft/result.h"

namespace CLI {
class App;
}

namespace updraft::teacher {

struct Subcommand {
  CLI::App* app = nullptr;
  std::function<Result<>(const Stop& stop)> run;  // after parsing
};

[[nodiscard]] Subcommand add_synthesize(CLI::App& program);
// With further checks of the whole corpus. The run fails when there is a finding.
[[nodiscard]] Subcommand add_check_data(CLI::App& program, std::vector<corpus::Check> further = {});

}  // namespace updraft::teacher
