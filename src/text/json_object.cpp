#include "text/json_object.h"

#include "text/utf8.h"

namespace updraft::text {

Result<nlohmann::json> parse_object(std::string_view line) {
  using nlohmann::json;
  constexpr int max_depth = 8;
  if (!is_valid_utf8(line)) return refused("it is not valid UTF-8");
  bool too_deep = false;
  const auto shallow = [&](int depth, json::parse_event_t, json&) {
    too_deep = too_deep || depth > max_depth;
    return !too_deep;
  };
  json object = json::parse(line.begin(), line.end(), shallow, /*allow_exceptions=*/false);
  if (too_deep) return refused("it is nested too deeply");
  if (object.is_discarded()) return refused("it is not valid JSON");
  if (!object.is_object()) return refused("it is not a JSON object");
  return object;
}

}  // namespace updraft::text
