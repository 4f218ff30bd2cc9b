#include "feedback/event_json.h"

#include <algorithm>
#include <array>
#include <cmath>

#include "text/json_object.h"
#include "text/lines.h"
#include "text/time.h"

namespace updraft::feedback {
namespace {

using nlohmann::json;
using text::refused;

constexpr std::array<std::string_view, 12> fields = {"id",     "kind",     "user",  "session", "intent", "task",
                                                     "prompt", "position", "words", "return",  "asset",  "at"};

// The field, unless it is null.
const json* find(const json& object, const char* field) {
  const auto found = object.find(field);
  return found == object.end() || found->is_null() ? nullptr : &*found;
}

Result<> read_text(const json& object, const char* field, bool required, std::string& out) {
  const json* value = find(object, field);
  if (value == nullptr && !required) return {};
  if (value == nullptr) return refused("the field '" + std::string(field) + "' is missing");
  if (!value->is_string()) return refused("the field '" + std::string(field) + "' is no text");
  out = value->get<std::string>();
  return {};
}

Result<> read_number(const json& object, const char* field, int& out) {
  const json* value = find(object, field);
  if (value == nullptr) return refused("the field '" + std::string(field) + "' is missing");
  const double number = value->is_number() ? value->get<double>() : 0.5;
  if (std::floor(number) != number) return refused("the field '" + std::string(field) + "' is no whole number");
  constexpr double most = 1'000'000;  // what is beyond an int is beyond every range
  out = static_cast<int>(std::clamp(number, -most, most));
  return {};
}

Result<> read_time(const json& object, FeedbackTime& out) {
  std::string written;
  if (auto done = read_text(object, "at", /*required=*/false, written); !done) return done;
  if (find(object, "at") == nullptr) return {};
  const auto seconds = text::parse_time(written);
  // Checked here as well: what is far out of range has no milliseconds.
  if (!seconds || std::abs(*seconds) > 1e12) return refused("the field 'at' is no time like 2025-11-26T10:00:00Z");
  out = FeedbackTime(std::chrono::milliseconds(std::llround(*seconds * 1000)));
  return {};
}

}  // namespace

Result<FeedbackEvent> read_event(const json& object) {
  if (!object.is_object()) return refused("it is not a JSON object");
  for (const auto& [field, value] : object.items()) {
    if (std::find(fields.begin(), fields.end(), field) == fields.end()) {
      return refused("it has a field that events do not have");
    }
  }
  FeedbackEvent event;
  std::string kind, task;
  const std::array done = {
      read_text(object, "id", true, event.id),         read_text(object, "kind", true, kind),
      read_text(object, "user", false, event.user),    read_text(object, "session", false, event.session),
      read_text(object, "intent", true, event.intent), read_text(object, "task", true, task),
      read_text(object, "prompt", true, event.prompt), read_number(object, "position", event.position),
      read_number(object, "words", event.words),       read_number(object, "return", event.ret),
      read_text(object, "asset", false, event.asset),  read_time(object, event.at)};
  for (const Result<>& field : done) {
    if (!field) return tl::unexpected(field.error());
  }
  const auto known_kind = feedback_kind_from_name(kind);
  if (!known_kind) return refused("the kind is none of impression, click, like, insert, dismiss");
  event.kind = *known_kind;
  const auto known_task = task_from_name(task);
  if (!known_task) return refused("the task must be query, related, template or image");
  event.task = *known_task;
  if (auto good = check(event); !good) return tl::unexpected(good.error());
  return event;
}

Result<FeedbackEvent> parse_event(std::string_view line) {
  if (line.size() > max_event_line_bytes) {
    return refused("it is longer than " + std::to_string(max_event_line_bytes) + " bytes");
  }
  const auto object = text::parse_object(line);
  if (!object) return tl::unexpected(object.error());
  return read_event(*object);
}

Result<> read_events(std::string_view text, const std::function<Result<>(FeedbackEvent event)>& take,
                     const std::function<void(std::size_t line, const std::string& reason)>& refuse) {
  text::Lines lines(text);
  while (const auto line = lines.next()) {
    auto event = parse_event(line->text);
    if (!event) {
      refuse(line->number, event.error().message);
    } else if (auto taken = take(*std::move(event)); !taken) {
      return taken;
    }
  }
  return {};
}

nlohmann::ordered_json to_json(const FeedbackEvent& event) {
  nlohmann::ordered_json object = {{"id", event.id}, {"kind", name(event.kind)}};
  if (!event.user.empty()) object["user"] = event.user;
  if (!event.session.empty()) object["session"] = event.session;
  object["intent"] = event.intent;
  object["task"] = name(event.task);
  object["prompt"] = event.prompt;
  object["position"] = event.position;
  object["words"] = event.words;
  object["return"] = event.ret;
  if (!event.asset.empty()) object["asset"] = event.asset;
  if (event.at != FeedbackTime()) object["at"] = text::to_time(event.at.time_since_epoch().count());
  return object;
}

}  // namespace updraft::feedback
