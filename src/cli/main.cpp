// updraft: the program that serves.
#include <array>

#include "cli/program.h"

int main(int argc, char** argv) {
  using namespace updraft::cli;
  return run_program(argc, argv,
                     std::array{add_suggest, add_intent, add_index, add_search, add_recommend, add_serve, add_feedback,
                                add_convert, add_completion});
}
