// A report, written down: for programs as JSON, for people as tables and pictures.
#pragma once

#include <string>
#include <vector>

#include "eval/evaluate.h"

namespace updraft::eval {

// One indented JSON object, its keys in a fixed order, with a line break at the end. Paths and texts are not in it.
[[nodiscard]] std::string to_json(const Report& report);

// Markdown tables with a row a system, aligned for people who read them as they are.
[[nodiscard]] std::string to_text(const Report& report);

struct Picture {
  std::string name;  // "returns"
  std::string svg;
};
// What came of what was asked for, of the first system that has steering: returns and words, a line a task; and all
// systems as dots of relevance and spread, one a task.
[[nodiscard]] std::vector<Picture> pictures(const Report& report);

}  // namespace updraft::eval
