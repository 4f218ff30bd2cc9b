// An answer of the suggester, written down: for programs as JSON, for people as text.
#pragma once

#include <optional>
#include <span>
#include <string>
#include <string_view>

#include "cli/terminal.h"
#include "updraft/intent.h"
#include "updraft/picture.h"
#include "updraft/result.h"
#include "updraft/suggest.h"

namespace updraft::cli {

// What was suggested for one task of an intent.
struct Answer {
  Task task = Task::query;
  Suggestions suggestions;
};

// What the prompts are for.
struct Wanted {
  std::string typed;                 // what is seen on a picture stands before it
  std::optional<Intent> understood;  // none: it was taken as it was typed, unasked
  std::optional<Seen> seen = {};     // on the picture that was shown

  // The canonical intent where it is likelier than not what was meant, else what was typed.
  [[nodiscard]] std::string_view intent() const;
};

// What is asked for by what was typed, and by the picture that was shown; without a detector, as it stands.
[[nodiscard]] Result<Wanted> wanted_of(const std::optional<Seen>& seen, std::string_view typed,
                                       const std::optional<IntentDetector>& detector);

// "understood: christmas sale flyer (template 0.97, retail; format flyer; confidence 0.89)", as a line; empty where
// nobody was asked.
[[nodiscard]] std::string understood_line(const Wanted& wanted, const Terminal& terminal);

// One line: {"intent", "typed", "task", "suggestions": [{"text", "words", "score", "task"}], "timings": {...}}; where
// it was understood, "understood": {"goal", "category", "facets", "confidence"} as well, and where a picture was shown,
// "seen" before all. Printable ASCII and UTF-8 only: whatever could steer a terminal is escaped.
[[nodiscard]] std::string to_json(const Wanted& wanted, const Answer& answer);

// What was seen, what was typed and what was understood, in a line each; then the suggestions of each task below its
// name. With `details` also their words and scores, and a table of what it cost.
[[nodiscard]] std::string to_text(const Wanted& wanted, std::span<const Answer> answers, bool details,
                                  const Terminal& terminal);

}  // namespace updraft::cli
