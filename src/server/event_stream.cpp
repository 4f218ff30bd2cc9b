#include "server/event_stream.h"

#include <nlohmann/json.hpp>

#include "api/json.h"

namespace updraft::server {

std::string event_text(std::string_view name, const nlohmann::ordered_json& data) {
  std::string text;
  if (!name.empty()) text.append("event: ").append(name).append("\n");
  return text + "data: " + api::json_line(data) + '\n';  // JSON on one line
}

}  // namespace updraft::server
