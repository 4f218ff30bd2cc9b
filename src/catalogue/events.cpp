#include "catalogue/events.h"

#include <algorithm>
#include <array>
#include <cmath>

#include "text/json_object.h"
#include "text/lines.h"
#include "text/time.h"

namespace updraft::catalogue {
namespace {

using nlohmann::json;
using text::parse_object;
using text::refused;

constexpr std::size_t max_line_bytes = 65536;
constexpr std::array kinds = {EventKind::view, EventKind::click, EventKind::like, EventKind::buy, EventKind::dismiss};

}  // namespace

std::string_view name(EventKind kind) {
  constexpr std::array<std::string_view, 5> names = {"view", "click", "like", "buy", "dismiss"};
  return names[static_cast<std::size_t>(kind)];
}

Result<Event> parse_event(std::string_view line) {
  const auto parsed = parse_object(line);
  if (!parsed) return tl::unexpected(parsed.error());
  const json& object = *parsed;
  Event event;
  const auto asset = object.find("asset");
  if (asset != object.end() && asset->is_string()) event.asset = asset->get<std::string>();
  if (asset != object.end() && asset->is_number()) event.asset = asset->dump();
  if (event.asset.empty()) return refused("it names no asset");
  if (event.asset.size() > max_id_bytes) {
    return refused("the id of the asset is longer than " + std::to_string(max_id_bytes) + " bytes");
  }
  const auto what = object.find("event");
  const auto* kind = std::find_if(kinds.begin(), kinds.end(), [&](EventKind k) {
    return what != object.end() && what->is_string() && what->get_ref<const std::string&>() == name(k);
  });
  if (kind == kinds.end()) return refused("the event is none of view, click, like, buy, dismiss");
  event.kind = *kind;
  const auto time = object.find("time");
  if (time == object.end() || time->is_null()) return event;
  const auto seconds = time->is_number()   ? std::optional(time->get<double>())
                       : time->is_string() ? text::parse_time(time->get_ref<const std::string&>())
                                           : std::nullopt;
  if (!seconds || !std::isfinite(*seconds)) {
    return refused("the time is neither seconds nor like 2025-11-26T10:00:00Z");
  }
  event.time = *seconds;
  return event;
}

Result<std::vector<Event>> parse_events(std::string_view text, const std::function<void(const Refusal&)>& on_refusal) {
  std::vector<Event> events;
  text::Lines lines(text);
  while (const auto line = lines.next()) {
    auto event = line->text.size() <= max_line_bytes
                     ? parse_event(line->text)
                     : Result<Event>(refused("it is longer than " + std::to_string(max_line_bytes) + " bytes"));
    if (!event) {
      on_refusal({line->number, event.error().message});
      continue;
    }
    if (events.size() == max_events) return refused("more than " + std::to_string(max_events) + " events");
    events.push_back(*std::move(event));
  }
  return events;
}

}  // namespace updraft::catalogue
