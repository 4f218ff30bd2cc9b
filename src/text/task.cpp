#include "updraft/task.h"

namespace updraft {
namespace {

struct TaskRow {
  std::string_view name;
  WordRange words;
};

constexpr std::array<TaskRow, task_count> rows = {{
    {"intent", {1, 40}},
    {"query", {2, 7}},
    {"related", {1, 6}},
    {"template", {5, 30}},
    {"image", {8, 70}},
}};

}  // namespace

std::string_view name(Task task) { return rows[static_cast<std::size_t>(task)].name; }

std::optional<Task> task_from_name(std::string_view wanted) {
  for (std::size_t i = 0; i < rows.size(); ++i) {
    if (rows[i].name == wanted) return static_cast<Task>(i);
  }
  return std::nullopt;
}

WordRange trained_words(Task task) { return rows[static_cast<std::size_t>(task)].words; }

}  // namespace updraft
