// What people did with suggestions: kept durably, in a file or on a PostgreSQL server, for training to learn from.
#pragma once

#include <array>
#include <chrono>
#include <cstddef>
#include <cstdint>
#include <functional>
#include <memory>
#include <optional>
#include <span>
#include <string>
#include <string_view>

#include "updraft/appeals.h"
#include "updraft/result.h"
#include "updraft/task.h"

namespace updraft {

// A suggestion was shown; what was done with it then.
enum class FeedbackKind { impression, click, like, insert, dismiss };

inline constexpr std::size_t feedback_kind_count = 5;

[[nodiscard]] std::string_view name(FeedbackKind kind);  // "impression"
[[nodiscard]] std::optional<FeedbackKind> feedback_kind_from_name(std::string_view name);

using FeedbackTime = std::chrono::sys_time<std::chrono::milliseconds>;

// All text is UTF-8 without control characters; an intent may hold white space of any kind.
struct FeedbackEvent {
  std::string id = {};  // chosen by whoever reports it: the same id is the same event; letters, digits and . _ : -
  FeedbackKind kind = FeedbackKind::impression;
  std::string user = {};  // whose events can be deleted by it; empty: unknown
  std::string session = {};
  std::string intent = {};  // what the suggestion was made for
  Task task = Task::query;  // one of prompt_tasks
  std::string prompt = {};  // the suggestion
  int position = 0;         // where it was shown, from 0: the prompt, or the asset among those beside it
  int words = 1;            // of the command, 1..99
  int ret = 9;              // of the command, 0..9
  std::string asset = {};   // where this concerns an asset that the prompt found: its id
  FeedbackTime at{};        // the beginning of 1970, as it stands here: when it is stored
};

// What an event may hold; more is refused, never cut.
inline constexpr std::size_t max_feedback_id_bytes = 64;
inline constexpr std::size_t max_feedback_name_chars = 64;    // of a user and a session
inline constexpr std::size_t max_feedback_text_bytes = 4096;  // of an intent and a prompt
inline constexpr std::size_t max_feedback_asset_bytes = 512;
inline constexpr int max_feedback_position = 999;
inline constexpr std::size_t max_feedback_events = 1000;  // added at once

// Errors: invalid_argument, one line that names the field ("the prompt is empty") and holds nothing of its text.
[[nodiscard]] Result<> check(const FeedbackEvent& event);

struct FeedbackStored {
  std::size_t stored = 0;  // were new
  std::size_t known = 0;   // stood there already, or twice among those that were given
};

struct FeedbackStats {
  std::array<std::uint64_t, feedback_kind_count> events{};  // by kind
  std::uint64_t users = 0, intents = 0, prompts = 0;
  FeedbackTime first{}, last{};  // of all events; the beginning of 1970 when there are none
};

// One store, open. All functions may be called by any number of threads at once: writers take turns, and a reader
// holds up nobody. Other processes may have the same store open.
class FeedbackStore {
 public:
  // `place` is the path of a file, which is made where there is none, or postgresql://user:password@host/database
  // (also postgres://; libpq's parameters behind a question mark: ?sslmode=verify-full), where the table is made.
  // Errors: not_found (no such folder, no such server), io, corrupt (damaged, or another program's file), unsupported
  // (made by a newer updraft, or a build without PostgreSQL). No message holds a password.
  [[nodiscard]] static Result<FeedbackStore> open(const std::string& place);

  FeedbackStore(FeedbackStore&&) noexcept;
  FeedbackStore& operator=(FeedbackStore&&) noexcept;
  ~FeedbackStore();

  // All or nothing, and on disk when it returns. An event whose id is known changes nothing: it can be sent again
  // whenever its fate is unknown. Errors: invalid_argument (an event that check() refuses: "event 3: ...", from 1; more
  // than max_feedback_events), io (disk full, locked, server away): the store lives on, and the same call may succeed
  // later; corrupt.
  [[nodiscard]] Result<FeedbackStored> add(std::span<const FeedbackEvent> events);

  // Every event of this user, for good; how many they were. Errors: invalid_argument (no name, or too long), as add().
  [[nodiscard]] Result<std::uint64_t> delete_user(std::string_view user);

  // All events that happened at `since` or later, in the order in which they were stored, as they are at the beginning;
  // `visit` returns whether to go on and must not use the store. Errors: io, corrupt.
  [[nodiscard]] Result<> each(const std::function<bool(const FeedbackEvent&)>& visit, FeedbackTime since = {}) const;

  [[nodiscard]] Result<FeedbackStats> stats() const;

  // How much people want each asset that an event concerns, by all of them (feedback/appeals.h says how): what
  // RecommendOptions::appeals takes. One query, from an index of what concerns assets: two seconds for a million
  // events. Errors: io, corrupt.
  [[nodiscard]] Result<Appeals> appeals() const;

  // The place without its password, to be told to a person.
  [[nodiscard]] std::string place() const;

  class Backend;  // feedback/backend.h

 private:
  explicit FeedbackStore(std::unique_ptr<Backend> backend);
  std::unique_ptr<Backend> backend_;
};

}  // namespace updraft
