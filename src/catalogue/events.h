// Events as JSON Lines: {"asset": id, "event": "view", "time": 1764151200}, one a line. The event is view, click, like,
// buy or dismiss; the time is in seconds or in the form of ISO 8601 ("2025-11-26T10:00:00Z"), or is left out. Other
// fields are passed over.
#pragma once

#include <functional>
#include <string_view>
#include <vector>

#include "updraft/catalogue.h"

namespace updraft::catalogue {

[[nodiscard]] std::string_view name(EventKind kind);  // "view"

// One object. Errors: invalid_argument, one line.
[[nodiscard]] Result<Event> parse_event(std::string_view line);

// All events of a text; a line that is none is told, and the rest goes on. Errors: invalid_argument (more than
// max_events).
[[nodiscard]] Result<std::vector<Event>> parse_events(std::string_view text,
                                                      const std::function<void(const Refusal&)>& on_refusal);

}  // namespace updraft::catalogue
