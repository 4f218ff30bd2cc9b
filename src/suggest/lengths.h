// How many words to ask for in each of n suggestions.
#pragma once

#include <optional>
#include <vector>

#include "updraft/task.h"

namespace updraft::suggest {

// n word counts: spread over `words` if given, else over the lengths that people use for the task.
[[nodiscard]] std::vector<int> plan_words(Task task, std::optional<WordRange> words, int n);

}  // namespace updraft::suggest
