// An event as JSON, as POST /v1/feedback takes it and `updraft feedback import` reads it, a line each:
// {"id", "kind", "user"?, "session"?, "intent", "task", "prompt", "position", "words", "return", "asset"?, "at"?}
#pragma once

#include <functional>
#include <nlohmann/json.hpp>
#include <optional>
#include <string>
#include <string_view>

#include "updraft/feedback.h"

namespace updraft::feedback {

inline constexpr std::size_t max_event_line_bytes = 65536;

// A checked event. Errors: invalid_argument, one line that names the field: missing, of another type, out of range,
// unknown. "at" is RFC 3339 ("2025-11-26T10:00:00Z").
[[nodiscard]] Result<FeedbackEvent> read_event(const nlohmann::json& object);

// The same from one line of text, which may be anything.
[[nodiscard]] Result<FeedbackEvent> parse_event(std::string_view line);

// Events as JSON Lines. A line that is none is refused, numbered from 1, and the rest goes on; empty lines are passed
// over. Errors: those of `take`, which end it.
[[nodiscard]] Result<> read_events(std::string_view text, const std::function<Result<>(FeedbackEvent event)>& take,
                                   const std::function<void(std::size_t line, const std::string& reason)>& refuse);

[[nodiscard]] nlohmann::ordered_json to_json(const FeedbackEvent& event);

}  // namespace updraft::feedback
