// Server-sent events, as text.
#pragma once

#include <nlohmann/json_fwd.hpp>
#include <string>
#include <string_view>

namespace updraft::server {

inline constexpr std::string_view event_stream_type = "text/event-stream";

// "event: name\ndata: {...}\n\n"; without a name, as OpenAI's streams are, no first line.
[[nodiscard]] std::string event_text(std::string_view name, const nlohmann::ordered_json& data);

// A comment: keeps the connection alive and says nothing.
inline constexpr std::string_view heartbeat = ": \n\n";

}  // namespace updraft::server
