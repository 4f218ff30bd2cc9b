// updraft-eval: what ./updraft eval runs.
#include <array>

#include "cli/program.h"

int main(int argc, char** argv) {
  using namespace updraft::cli;
  return run_program(argc, argv, std::array{add_eval});
}
