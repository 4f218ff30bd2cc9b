#include <exception>
#include <new>

#include "cli/outcome.h"
#include "cli/program.h"

int main(int argc, char** argv) {
  using updraft::ErrorCode;
  using updraft::cli::report;
  try {
    return updraft::cli::run_program(argc, argv);
  } catch (const std::bad_alloc&) {
    return report({ErrorCode::io, "out of memory"});
  } catch (const std::exception& error) {
    return report({ErrorCode::io, std::string("unexpected: ") + error.what()});
  }
}
