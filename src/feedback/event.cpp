#include <algorithm>
#include <array>

#include "text/typed.h"
#include "text/utf8.h"
#include "updraft/feedback.h"

namespace updraft {
namespace {

constexpr std::array<std::string_view, feedback_kind_count> kind_names = {"impression", "click", "like", "insert",
                                                                          "dismiss"};
constexpr FeedbackTime end_of_time{std::chrono::sys_days(std::chrono::year(10000) / 1 / 1)};

tl::unexpected<Error> wrong(const std::string& what) { return fail(ErrorCode::invalid_argument, what); }

// `allowed`: control characters that may stand there all the same.
Result<> check_text(const std::string& field, std::string_view text, std::size_t max_bytes,
                    std::string_view allowed = "") {
  if (auto good = text::check_typed(field, text, max_bytes); !good) return good;
  const auto is_control = [&](char c) {
    const auto byte = static_cast<unsigned char>(c);
    return (byte < 0x20 || byte == 0x7F) && allowed.find(c) == std::string_view::npos;
  };
  if (std::any_of(text.begin(), text.end(), is_control)) return wrong("the " + field + " holds a control character");
  return {};
}

// Of a user or a session, or empty.
Result<> check_name(const std::string& field, std::string_view name) {
  if (name.empty()) return {};
  constexpr std::size_t max_bytes_a_char = 4;
  std::size_t chars = 0;
  if (name.size() <= max_bytes_a_char * max_feedback_name_chars && text::is_valid_utf8(name)) {
    for (std::size_t at = 0; at < name.size(); ++chars) static_cast<void>(text::next_codepoint(name, at));
    if (chars <= max_feedback_name_chars) return check_text(field, name, name.size());
  }
  return wrong("the " + field + " is longer than " + std::to_string(max_feedback_name_chars) +
               " characters, or not valid UTF-8");
}

Result<> check_range(const std::string& field, int value, int min, int max) {
  if (value >= min && value <= max) return {};
  return wrong("the " + field + " must be from " + std::to_string(min) + " to " + std::to_string(max));
}

bool is_id_char(char c) {
  return (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') || (c >= '0' && c <= '9') || c == '.' || c == '_' ||
         c == ':' || c == '-';
}

}  // namespace

std::string_view name(FeedbackKind kind) { return kind_names[static_cast<std::size_t>(kind)]; }

std::optional<FeedbackKind> feedback_kind_from_name(std::string_view name) {
  const auto* found = std::find(kind_names.begin(), kind_names.end(), name);
  if (found == kind_names.end()) return std::nullopt;
  return static_cast<FeedbackKind>(found - kind_names.begin());
}

Result<> check(const FeedbackEvent& event) {
  if (event.id.empty() || event.id.size() > max_feedback_id_bytes ||
      !std::all_of(event.id.begin(), event.id.end(), is_id_char)) {
    return wrong("the id must be 1 to " + std::to_string(max_feedback_id_bytes) + " letters, digits and . _ : -");
  }
  const auto kind = static_cast<std::size_t>(event.kind);
  if (kind >= feedback_kind_count) return wrong("there is no such kind of event");
  if (std::find(prompt_tasks.begin(), prompt_tasks.end(), event.task) == prompt_tasks.end()) {
    return wrong("the task must be query, related, template or image");
  }
  for (const auto& done : {check_name("user", event.user), check_name("session", event.session),
                           check_text("intent", event.intent, max_feedback_text_bytes, "\t\r\n"),
                           check_text("prompt", event.prompt, max_feedback_text_bytes),
                           check_range("position", event.position, 0, max_feedback_position),
                           check_range("words", event.words, 1, 99), check_range("return", event.ret, 0, 9)}) {
    if (!done) return done;
  }
  if (!event.asset.empty()) {
    if (auto good = check_text("asset", event.asset, max_feedback_asset_bytes); !good) return good;
  }
  if (event.at < FeedbackTime() || event.at >= end_of_time) {
    return wrong("the time must lie between the years 1970 and 9999");
  }
  return {};
}

}  // namespace updraft
