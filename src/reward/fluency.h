// How well a prompt reads, whatever it says: whole, without loops, no heap of keywords, in its task's form.
#pragma once

#include <string>
#include <string_view>
#include <vector>

#include "updraft/task.h"

namespace updraft::reward {

struct Fluency {
  double value = 1;                   // 0..1, the product of what each problem leaves
  std::vector<std::string> problems;  // for people: "ends in the middle", "says \"sale\" three times"
};

// Any bytes are a text; an empty one is worth 0.
[[nodiscard]] Fluency fluency(Task task, std::string_view prompt);

}  // namespace updraft::reward
