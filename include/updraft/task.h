// What the model is asked to write.
#pragma once

#include <array>
#include <cstddef>
#include <optional>
#include <string_view>

namespace updraft {

enum class Task { intent, query, related, template_, image };

inline constexpr std::size_t task_count = 5;
// The tasks that write prompts, in the order in which they are shown.
inline constexpr std::array prompt_tasks = {Task::query, Task::related, Task::template_, Task::image};

struct WordRange {
  int min = 1;
  int max = 1;
};

[[nodiscard]] std::string_view name(Task task);  // "query"
[[nodiscard]] std::optional<Task> task_from_name(std::string_view name);
// The lengths that a task is trained on: query 2-7, related 1-6, template 5-30, image 8-70.
[[nodiscard]] WordRange trained_words(Task task);

}  // namespace updraft
