#include "learn/judge.h"

namespace updraft::learn {

std::vector<int> Judge::of(std::string_view intent, Task task, std::span<const std::string_view> siblings) const {
  std::vector<int> returns;
  for (const reward::Reward& reward : scorer_.score(intent, task, siblings))
    returns.push_back(reward::return_of(reward, task));
  return returns;
}

Returns Judge::of(const corpus::Record& record) const {
  Returns returns;
  for (const Task task : prompt_tasks) {
    const auto& prompts = record.prompts[static_cast<std::size_t>(task)];
    if (prompts.empty()) continue;
    const std::vector<std::string_view> views(prompts.begin(), prompts.end());
    returns[static_cast<std::size_t>(task)] = of(record.intent, task, views);
  }
  return returns;
}

}  // namespace updraft::learn
