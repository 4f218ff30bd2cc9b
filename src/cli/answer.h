// An answer of the suggester, written down: for programs as JSON, for people as text.
#pragma once

#include <span>
#include <string>
#include <string_view>

#include "cli/terminal.h"
#include "updraft/suggest.h"

namespace updraft::cli {

// What was suggested for one task of an intent.
struct Answer {
  Task task = Task::query;
  Suggestions suggestions;
};

// One line: {"intent", "task", "suggestions": [{"text", "words", "score", "task"}], "timings": {...}}.
// Printable ASCII and UTF-8 only: whatever could steer a terminal is escaped.
[[nodiscard]] std::string to_json(std::string_view intent, const Answer& answer);

// The intent, then the suggestions of each task below its name. With `details` also their words and scores, and a table
// of what it cost.
[[nodiscard]] std::string to_text(std::string_view intent, std::span<const Answer> answers, bool details,
                                  const Terminal& terminal);

}  // namespace updraft::cli
