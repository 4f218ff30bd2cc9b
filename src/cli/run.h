// Running a program in a test, as a shell or a person at a terminal would.
#pragma once

#include <string>
#include <vector>

namespace updraft::cli {

struct Finished {
  int exit_code = -1;  // -signal, when one ended it
  std::string out;
  std::string err;
};

struct Setting {
  std::string stdin_text = {};
  std::vector<std::string> environment = {};  // "NAME=value", beside the test's own
  std::string stdout_path = {};               // where stdout goes instead of `out`
};

// `command`[0] is looked up in PATH.
[[nodiscard]] Finished run(const std::vector<std::string>& command, const Setting& setting = {});

// With a terminal of `columns` columns as stdin, stdout and stderr; all that it shows is in `out`.
[[nodiscard]] Finished run_in_terminal(const std::vector<std::string>& command, int columns,
                                       const Setting& setting = {});

}  // namespace updraft::cli
