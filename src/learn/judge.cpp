#include "learn/judge.h"

#include <algorithm>

namespace updraft::learn {

std::vector<int> Judge::of(std::string_view intent, Task task, std::span<const std::string_view> siblings) const {
  std::vector<int> returns;
  for (const reward::Reward& reward : scorer_.score(intent, task, siblings))
    returns.push_back(scorer_.return_of(reward, task));
  return returns;
}

Returns Judge::of(const corpus::Record& record) const {
  Returns returns;
  for (const Task task : prompt_tasks) {
    const auto& prompts = record.prompts[static_cast<std::size_t>(task)];
    if (prompts.empty()) continue;
    const std::vector<std::string_view> views(prompts.begin(), prompts.end());
    std::vector<int>& of_task = returns[static_cast<std::size_t>(task)];
    of_task = of(record.intent, task, views);
    for (int& ret : of_task) ret = std::max(ret, least_teacher_return);
  }
  return returns;
}

}  // namespace updraft::learn
