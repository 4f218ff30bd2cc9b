// Events in a file.
#include <fcntl.h>
#include <unistd.h>

#include <algorithm>
#include <array>
#include <filesystem>
#include <mutex>
#include <thread>

#include "feedback/backend.h"
#include "sqlite/database.h"

namespace updraft::feedback {
namespace {

using sqlite::Database;
using sqlite::Statement;
using sqlite::Transaction;

// Steps that have been released are never changed, only followed by others.
constexpr std::array format_steps = {
    R"sql(
      CREATE TABLE events(
        row INTEGER PRIMARY KEY AUTOINCREMENT,
        id TEXT NOT NULL UNIQUE,
        kind TEXT NOT NULL,
        user TEXT NOT NULL,
        session TEXT NOT NULL,
        intent TEXT NOT NULL,
        task TEXT NOT NULL,
        prompt TEXT NOT NULL,
        position INTEGER NOT NULL,
        words INTEGER NOT NULL,
        ret INTEGER NOT NULL,
        asset TEXT NOT NULL,
        at INTEGER NOT NULL);        -- milliseconds since the beginning of 1970
      CREATE INDEX events_by_user ON events(user) WHERE user <> '';
    )sql",
    // All that appeals of assets depend on, in the order in which it is summed up.
    "CREATE INDEX events_by_asset ON events(asset, user, session, position, kind) WHERE asset <> ''",
};
constexpr sqlite::Format format = {.steps = format_steps,
                                   .application = 0x75706662,  // "upfb"
                                   .name = "store of feedback",
                                   .remedy = "updraft feedback import brings it up to date"};

Result<FeedbackEvent> read(const Statement& row) {
  FeedbackEvent event;
  event.id = row.text(0);
  const auto kind = feedback_kind_from_name(row.text(1));
  event.user = row.text(2);
  event.session = row.text(3);
  event.intent = row.text(4);
  const auto task = task_from_name(row.text(5));
  event.prompt = row.text(6);
  const auto number = [&](int column) {
    return static_cast<int>(std::clamp<std::int64_t>(row.integer(column), -1, 1'000'000));
  };
  event.position = number(7);
  event.words = number(8);
  event.ret = number(9);
  event.asset = row.text(10);
  event.at = FeedbackTime(std::chrono::milliseconds(row.integer(11)));
  if (kind && task) {
    event.kind = *kind;
    event.task = *task;
  }
  if (!kind || !task || !check(event)) return fail(ErrorCode::corrupt, "it holds an event that is none");
  return event;
}

// In the order of the index: nothing is sorted, and each showing is a row.
constexpr std::string_view sum_up_assets = R"sql(
  SELECT asset, position, user <> '' OR session <> '',
    count(*) FILTER (WHERE kind = 'impression'), count(*) FILTER (WHERE kind = 'click'),
    count(*) FILTER (WHERE kind = 'like'), count(*) FILTER (WHERE kind = 'insert'),
    count(*) FILTER (WHERE kind = 'dismiss')
  FROM events WHERE asset <> '' GROUP BY asset, user, session, position
)sql";

class SqliteStore final : public FeedbackStore::Backend {
 public:
  SqliteStore(std::string path, std::unique_ptr<Database> database)
      : path_(std::move(path)), database_(std::move(database)) {}

  Result<FeedbackStored> add(std::span<const FeedbackEvent> events) override {
    const std::lock_guard lock(writing_);
    auto transaction = Transaction::begin(*database_, Transaction::Kind::write);
    if (!transaction) return tl::unexpected(transaction.error());
    auto insert = database_->prepare(
        "INSERT INTO events(id, kind, user, session, intent, task, prompt, position, words, ret, asset, at)"
        " VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?) ON CONFLICT(id) DO NOTHING RETURNING row");
    if (!insert) return tl::unexpected(insert.error());
    FeedbackStored stored;
    for (const FeedbackEvent& event : events) {
      const auto integer = [](auto value) { return static_cast<std::int64_t>(value); };
      insert->with(std::string_view(event.id), name(event.kind), std::string_view(event.user),
                   std::string_view(event.session), std::string_view(event.intent), name(event.task),
                   std::string_view(event.prompt), integer(event.position), integer(event.words), integer(event.ret),
                   std::string_view(event.asset), integer(event.at.time_since_epoch().count()));
      const auto is_new = insert->step();
      if (!is_new) return tl::unexpected(is_new.error());
      if (*is_new) insert->reset();
      ++(*is_new ? stored.stored : stored.known);
    }
    if (auto done = transaction->commit(); !done) return tl::unexpected(done.error());
    return stored;
  }

  Result<std::uint64_t> delete_user(std::string_view user) override {
    const std::lock_guard lock(writing_);
    auto erase = database_->prepare("DELETE FROM events WHERE user = ? AND user <> ''");
    if (!erase) return tl::unexpected(erase.error());
    if (auto done = erase->with(user).run(); !done) return tl::unexpected(done.error());
    const auto deleted = database_->integer("SELECT changes()");
    if (!deleted) return tl::unexpected(deleted.error());
    // What the log still holds of them goes as soon as no reader needs it; the events themselves are gone already.
    static_cast<void>(database_->run("PRAGMA wal_checkpoint(TRUNCATE)"));
    return static_cast<std::uint64_t>(*deleted);
  }

  Result<> each(const std::function<bool(const FeedbackEvent&)>& visit, FeedbackTime since) override {
    const auto database = Database::open(path_, Database::Mode::read);
    if (!database) return tl::unexpected(database.error());
    auto rows = (*database)->prepare(
        "SELECT id, kind, user, session, intent, task, prompt, position, words, ret, asset, at FROM events"
        " WHERE at >= ? ORDER BY row");
    if (!rows) return tl::unexpected(rows.error());
    rows->with(static_cast<std::int64_t>(since.time_since_epoch().count()));
    while (true) {
      const auto row = rows->step();
      if (!row) return tl::unexpected(row.error());
      if (!*row) return {};
      const auto event = read(*rows);
      if (!event) return fail(event.error().code, path_ + ": " + event.error().message);
      if (!visit(*event)) return {};
    }
  }

  Result<FeedbackStats> stats() override {
    const auto database = Database::open(path_, Database::Mode::read);
    if (!database) return tl::unexpected(database.error());
    const auto transaction = Transaction::begin(**database, Transaction::Kind::read);  // one state for all of it
    if (!transaction) return tl::unexpected(transaction.error());
    FeedbackStats stats;
    for (std::size_t kind = 0; kind < feedback_kind_count; ++kind) {
      auto count = (*database)->prepare("SELECT count(*) FROM events WHERE kind = ?");
      if (!count) return tl::unexpected(count.error());
      if (auto row = count->with(name(static_cast<FeedbackKind>(kind))).step(); !row) {
        return tl::unexpected(row.error());
      }
      stats.events[kind] = static_cast<std::uint64_t>(count->integer(0));
    }
    auto row = (*database)->prepare(
        "SELECT (SELECT count(DISTINCT user) FROM events WHERE user <> ''), count(DISTINCT intent),"
        " (SELECT count(*) FROM (SELECT DISTINCT intent, task, prompt FROM events)), min(at), max(at) FROM events");
    if (!row) return tl::unexpected(row.error());
    if (auto there = row->step(); !there) return tl::unexpected(there.error());
    stats.users = static_cast<std::uint64_t>(row->integer(0));
    stats.intents = static_cast<std::uint64_t>(row->integer(1));
    stats.prompts = static_cast<std::uint64_t>(row->integer(2));
    stats.first = FeedbackTime(std::chrono::milliseconds(row->integer(3)));
    stats.last = FeedbackTime(std::chrono::milliseconds(row->integer(4)));
    return stats;
  }

  Result<> asset_showings(const std::function<void(const AssetShowings&)>& visit) override {
    const auto database = Database::open(path_, Database::Mode::read);
    if (!database) return tl::unexpected(database.error());
    auto rows = (*database)->prepare(sum_up_assets);
    if (!rows) return tl::unexpected(rows.error());
    const auto number = [&](int column) {
      return static_cast<std::uint64_t>(std::max<std::int64_t>(0, rows->integer(column)));
    };
    while (true) {
      const auto row = rows->step();
      if (!row) return tl::unexpected(row.error());
      if (!*row) return {};
      AssetShowings showings{.asset = rows->text(0),
                             .position = static_cast<int>(std::min<std::uint64_t>(number(1), max_feedback_position)),
                             .is_one = number(2) != 0};
      for (int kind = 0; kind < static_cast<int>(feedback_kind_count); ++kind) {
        showings.counts[static_cast<std::size_t>(kind)] = number(3 + kind);
      }
      visit(showings);
    }
  }

  [[nodiscard]] std::string place() const override { return path_; }

 private:
  std::string path_;
  std::mutex writing_;
  std::unique_ptr<Database> database_;  // writes
};

// Two that make a store at once get in each other's way for a moment, in which SQLite does not wait by itself.
Result<> begin_log(const Database& database) {
  constexpr int attempts = 50;
  for (int i = 1;; ++i) {
    auto done = database.run("PRAGMA journal_mode = WAL; PRAGMA synchronous = FULL; PRAGMA secure_delete = ON");
    if (done || i == attempts) return done;
    std::this_thread::sleep_for(std::chrono::milliseconds(20));
  }
}

}  // namespace

Result<std::unique_ptr<FeedbackStore::Backend>> open_sqlite(const std::string& path) {
  // What people did is nobody else's business: SQLite's other files get the mode of this one.
  if (const int file = ::open(path.c_str(), O_CREAT | O_EXCL | O_WRONLY | O_CLOEXEC, 0600); file >= 0) ::close(file);
  std::error_code ignored;
  const auto folder = std::filesystem::path(path).parent_path();
  if (!folder.empty() && !std::filesystem::is_directory(folder, ignored)) {
    return fail(ErrorCode::not_found, folder.string() + ": there is no such folder");
  }
  auto database = Database::open(path, Database::Mode::write);
  if (!database) return tl::unexpected(database.error());
  Result<> ready = begin_log(**database);
  if (ready) ready = migrate(**database, format);
  if (!ready) {
    const bool named = ready.error().message.starts_with(path);
    return fail(ready.error().code, named ? ready.error().message : path + ": " + ready.error().message);
  }
  return std::make_unique<SqliteStore>(path, std::move(*database));
}

}  // namespace updraft::feedback
