// A report, written down: for programs as JSON, for people as tables.
#pragma once

#include <string>

#include "eval/evaluate.h"

namespace updraft::eval {

// One indented JSON object, its keys in a fixed order, with a line break at the end. Paths and texts are not in it.
[[nodiscard]] std::string to_json(const Report& report);

// The teacher's row beside the model's for each task.
[[nodiscard]] std::string to_text(const Report& report);

}  // namespace updraft::eval
