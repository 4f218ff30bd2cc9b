// What a command answers: one text of the command line, or each line of stdin.
#pragma once

#include <cstddef>
#include <functional>
#include <string>
#include <string_view>

#include "updraft/result.h"

namespace updraft::cli {

struct InputRules {
  std::string what;  // "intent"
  std::size_t max_bytes = 0;
  std::string when_empty;  // what to do about an empty one
};

// Finds before a model is loaded what it would refuse anyway. Errors: invalid_argument.
[[nodiscard]] Result<> check_inputs(std::string_view typed, const InputRules& rules);

// Hands over `typed`, or when that is "-" each line of stdin in order: `first` for the first of those that could be
// answered. A line that cannot be answered is told with its number, and the next ones go on. Returns the exit code.
int answer_inputs(const std::string& typed, const InputRules& rules,
                  const std::function<Result<>(std::string_view input, bool first)>& answer);

}  // namespace updraft::cli
