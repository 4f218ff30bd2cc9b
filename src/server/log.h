// What the server says of its work: one JSON object a line, on stderr. What people type is not in it unless asked for.
#pragma once

#include <nlohmann/json_fwd.hpp>
#include <string_view>

namespace updraft::server {

enum class Level { info, warning, error };

// {"at": "2026-11-26T10:00:00.000Z", "level": "info", "event": event, ...fields}. Any thread; never blocks for long.
void log(Level level, std::string_view event, const nlohmann::ordered_json& fields);

// Lines below it are left out; the default is info.
void log_from(Level level);

}  // namespace updraft::server
