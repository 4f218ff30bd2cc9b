// Events on a PostgreSQL server.
#include <algorithm>
#include <array>
#include <mutex>
#include <nlohmann/json.hpp>

#include "feedback/backend.h"
#include "feedback/postgres.h"

namespace updraft::feedback {
namespace {

// Steps that have been released are never changed, only followed by others.
constexpr std::array format_steps = {
    R"sql(
      CREATE TABLE updraft_feedback(
        row bigint GENERATED ALWAYS AS IDENTITY PRIMARY KEY,
        id text NOT NULL UNIQUE,
        kind text NOT NULL,
        person text NOT NULL,
        session text NOT NULL,
        intent text NOT NULL,
        task text NOT NULL,
        prompt text NOT NULL,
        position integer NOT NULL,
        words integer NOT NULL,
        ret integer NOT NULL,
        asset text NOT NULL,
        at bigint NOT NULL); -- milliseconds since the beginning of 1970
      CREATE INDEX updraft_feedback_by_person ON updraft_feedback(person) WHERE person <> '';
    )sql",
    // All that appeals of assets depend on, in the order in which it is summed up.
    R"sql(
      CREATE INDEX updraft_feedback_by_asset ON updraft_feedback(asset, person, session, position, kind)
        WHERE asset <> '';
    )sql",
};

// A statement stands for all events of a call, so that it is one round trip, and all or nothing.
constexpr const char* insert = R"sql(
  INSERT INTO updraft_feedback(id, kind, person, session, intent, task, prompt, position, words, ret, asset, at)
  SELECT id, kind, person, session, intent, task, prompt, position, words, ret, asset, at
  FROM ROWS FROM (json_to_recordset($1::json) AS (id text, kind text, person text, session text, intent text,
    task text, prompt text, position integer, words integer, ret integer, asset text, at bigint)) WITH ORDINALITY
  ORDER BY ordinality
  ON CONFLICT (id) DO NOTHING
)sql";

constexpr const char* open_cursor = R"sql(
  DECLARE found NO SCROLL CURSOR FOR
  SELECT id, kind, person, session, intent, task, prompt, position, words, ret, asset, at FROM updraft_feedback
  WHERE at >= $1::bigint ORDER BY row
)sql";

constexpr const char* count_all = R"sql(
  SELECT count(*) FILTER (WHERE kind = 'impression'), count(*) FILTER (WHERE kind = 'click'),
    count(*) FILTER (WHERE kind = 'like'), count(*) FILTER (WHERE kind = 'insert'),
    count(*) FILTER (WHERE kind = 'dismiss'), count(DISTINCT person) FILTER (WHERE person <> ''),
    count(DISTINCT intent), count(DISTINCT (intent, task, prompt)), min(at), max(at)
  FROM updraft_feedback
)sql";

// Showings that are alike are one row: they come over a network.
constexpr const char* open_asset_cursor = R"sql(
  DECLARE found NO SCROLL CURSOR FOR
  SELECT asset, position, is_one::integer, impressions, clicks, likes, inserts, dismissals, count(*) FROM (
    SELECT asset, position, person <> '' OR session <> '' AS is_one,
      count(*) FILTER (WHERE kind = 'impression') AS impressions, count(*) FILTER (WHERE kind = 'click') AS clicks,
      count(*) FILTER (WHERE kind = 'like') AS likes, count(*) FILTER (WHERE kind = 'insert') AS inserts,
      count(*) FILTER (WHERE kind = 'dismiss') AS dismissals
    FROM updraft_feedback WHERE asset <> '' GROUP BY asset, person, session, position) AS showings
  GROUP BY asset, position, is_one, impressions, clicks, likes, inserts, dismissals
)sql";

std::string as_json(std::span<const FeedbackEvent> events) {
  nlohmann::json rows = nlohmann::json::array();
  for (const FeedbackEvent& event : events) {
    rows.push_back({{"id", event.id},
                    {"kind", name(event.kind)},
                    {"person", event.user},
                    {"session", event.session},
                    {"intent", event.intent},
                    {"task", name(event.task)},
                    {"prompt", event.prompt},
                    {"position", event.position},
                    {"words", event.words},
                    {"ret", event.ret},
                    {"asset", event.asset},
                    {"at", event.at.time_since_epoch().count()}});
  }
  return rows.dump();
}

Result<FeedbackEvent> read(const Rows& rows, int row) {
  FeedbackEvent event;
  event.id = rows.text(row, 0);
  const auto kind = feedback_kind_from_name(rows.text(row, 1));
  event.user = rows.text(row, 2);
  event.session = rows.text(row, 3);
  event.intent = rows.text(row, 4);
  const auto task = task_from_name(rows.text(row, 5));
  event.prompt = rows.text(row, 6);
  event.position = static_cast<int>(rows.integer(row, 7));
  event.words = static_cast<int>(rows.integer(row, 8));
  event.ret = static_cast<int>(rows.integer(row, 9));
  event.asset = rows.text(row, 10);
  event.at = FeedbackTime(std::chrono::milliseconds(rows.integer(row, 11)));
  if (kind && task) {
    event.kind = *kind;
    event.task = *task;
  }
  if (!kind || !task || !check(event)) return fail(ErrorCode::corrupt, "the table holds an event that is none");
  return event;
}

Result<> migrate(Connection& connection, const std::string& place) {
  const auto wrong = [&](ErrorCode code, const std::string& what) { return fail(code, place + ": " + what); };
  const auto encoding = connection.run("SHOW server_encoding");
  if (!encoding) return tl::unexpected(encoding.error());
  if (encoding->text(0, 0) != "UTF8") {
    return wrong(ErrorCode::unsupported, "the database's encoding is " + encoding->text(0, 0) + "; it must be UTF8");
  }
  // The lock lets one after the other do this, and goes with the transaction.
  auto done = connection.run(
      "BEGIN; SELECT pg_advisory_xact_lock(1970234466);"
      "CREATE TABLE IF NOT EXISTS updraft_feedback_format(version integer NOT NULL)");
  if (!done) return tl::unexpected(done.error());
  const auto row = connection.run("SELECT coalesce(max(version), 0) FROM updraft_feedback_format");
  if (!row) return tl::unexpected(row.error());
  const std::int64_t version = row->integer(0, 0), newest = format_steps.size();
  if (version < 0 || version > newest) {
    static_cast<void>(connection.run("ROLLBACK"));
    return wrong(ErrorCode::unsupported, "the store of feedback was made by a newer updraft");
  }
  if (version < newest) {  // a step over a large table may take its time
    if (auto patient = connection.run("SET LOCAL statement_timeout = 0"); !patient) {
      return tl::unexpected(patient.error());
    }
  }
  for (auto step = static_cast<std::size_t>(version); step < format_steps.size(); ++step) {
    if (auto made = connection.run(format_steps[step]); !made) return tl::unexpected(made.error());
  }
  if (version < newest) {
    const std::string keep = "DELETE FROM updraft_feedback_format; INSERT INTO updraft_feedback_format VALUES (" +
                             std::to_string(newest) + ")";
    if (auto kept = connection.run(keep.c_str()); !kept) return tl::unexpected(kept.error());
  }
  if (auto committed = connection.run("COMMIT"); !committed) return tl::unexpected(committed.error());
  return {};
}

class PostgresStore final : public FeedbackStore::Backend {
 public:
  PostgresStore(const LibPq& libpq, ServerUrl server) : libpq_(libpq), server_(std::move(server)) {}

  Result<> open() {
    auto connection = Connection::open(libpq_, server_);
    if (!connection) return tl::unexpected(connection.error());
    if (auto ready = migrate(*connection, server_.shown); !ready) return ready;
    writer_.emplace(*std::move(connection));
    return {};
  }

  Result<FeedbackStored> add(std::span<const FeedbackEvent> events) override {
    const auto rows = write(insert, as_json(events));
    if (!rows) return tl::unexpected(rows.error());
    const auto stored = std::min(static_cast<std::size_t>(rows->changed()), events.size());
    return FeedbackStored{stored, events.size() - stored};
  }

  Result<std::uint64_t> delete_user(std::string_view user) override {
    const auto rows = write("DELETE FROM updraft_feedback WHERE person = $1 AND person <> ''", std::string(user));
    if (!rows) return tl::unexpected(rows.error());
    return rows->changed();
  }

  Result<> each(const std::function<bool(const FeedbackEvent&)>& visit, FeedbackTime since) override {
    Result<> wrong;
    const std::array from = {std::to_string(since.time_since_epoch().count())};
    auto done = each_row(open_cursor, from, [&](const Rows& rows, int i) {
      const auto event = read(rows, i);
      if (!event) wrong = fail(event.error().code, server_.shown + ": " + event.error().message);
      return event && visit(*event);
    });
    return wrong ? done : wrong;
  }

  Result<FeedbackStats> stats() override {
    auto reader = Connection::open(libpq_, server_);
    if (!reader) return tl::unexpected(reader.error());
    const auto row = reader->run(count_all);
    if (!row) return tl::unexpected(row.error());
    FeedbackStats stats;
    const auto count = [&](int column) { return static_cast<std::uint64_t>(row->integer(0, column)); };
    for (int kind = 0; kind < static_cast<int>(feedback_kind_count); ++kind) stats.events[kind] = count(kind);
    stats.users = count(5);
    stats.intents = count(6);
    stats.prompts = count(7);
    stats.first = FeedbackTime(std::chrono::milliseconds(row->integer(0, 8)));
    stats.last = FeedbackTime(std::chrono::milliseconds(row->integer(0, 9)));
    return stats;
  }

  Result<> asset_showings(const std::function<void(const AssetShowings&)>& visit) override {
    return each_row(open_asset_cursor, {}, [&](const Rows& rows, int i) {
      const auto number = [&](int column) {
        return static_cast<std::uint64_t>(std::max<std::int64_t>(0, rows.integer(i, column)));
      };
      AssetShowings showings{.asset = rows.text(i, 0),
                             .position = static_cast<int>(std::min<std::uint64_t>(number(1), max_feedback_position)),
                             .is_one = number(2) != 0};
      for (int kind = 0; kind < static_cast<int>(feedback_kind_count); ++kind) {
        showings.counts[static_cast<std::size_t>(kind)] = number(3 + kind);
      }
      showings.times = number(8);
      visit(showings);
      return true;
    });
  }

  [[nodiscard]] std::string place() const override { return server_.shown; }

 private:
  // All rows of a statement that declares the cursor `found`, some at a time; `visit` returns whether to go on.
  Result<> each_row(const char* declare, std::span<const std::string> parameters,
                    const std::function<bool(const Rows&, int)>& visit) {
    auto reader = Connection::open(libpq_, server_);
    if (!reader) return tl::unexpected(reader.error());
    if (auto begun = reader->run("BEGIN TRANSACTION READ ONLY"); !begun) return tl::unexpected(begun.error());
    if (auto opened = reader->run(declare, parameters); !opened) return tl::unexpected(opened.error());
    while (true) {
      const auto rows = reader->run("FETCH 1000 FROM found");
      if (!rows) return tl::unexpected(rows.error());
      if (rows->count() == 0) return {};
      for (int i = 0; i < rows->count(); ++i) {
        if (!visit(*rows, i)) return {};
      }
    }
  }

  // A connection that was lost is made anew, once: what is written can be written again.
  Result<Rows> write(const char* sql, const std::string& parameter) {
    const std::lock_guard lock(writing_);
    for (const bool again : {false, true}) {
      if (!writer_ || writer_->is_lost()) {
        writer_.reset();
        auto connection = Connection::open(libpq_, server_);
        if (!connection) return tl::unexpected(connection.error());
        writer_.emplace(*std::move(connection));
      }
      auto rows = writer_->run_prepared(sql, std::span(&parameter, 1));
      if (rows || again || !writer_->is_lost()) return rows;
    }
    return fail(ErrorCode::io, server_.shown + ": not reached");
  }

  const LibPq& libpq_;
  ServerUrl server_;
  std::mutex writing_;
  std::optional<Connection> writer_;
};

}  // namespace

Result<std::unique_ptr<FeedbackStore::Backend>> open_postgres(const std::string& url) {
  const auto libpq = LibPq::load();
  if (!libpq) return tl::unexpected(libpq.error());
  auto server = ServerUrl::parse(**libpq, url);
  if (!server) return tl::unexpected(server.error());
  auto store = std::make_unique<PostgresStore>(**libpq, *std::move(server));
  if (auto opened = store->open(); !opened) return tl::unexpected(opened.error());
  return store;
}

}  // namespace updraft::feedback
