#include "sqlite/database.h"

#include <sqlite3.h>

#include <algorithm>
#include <utility>

namespace updraft::sqlite {
namespace {

constexpr int busy_ms = 5000;  // another process checkpoints or recovers

std::string as_uri(const std::filesystem::path& path, std::string_view options) {
  std::string uri = "file:";
  for (const char c : std::filesystem::absolute(path).string()) {
    if (c == '?' || c == '#' || c == '%') {
      constexpr std::string_view digits = "0123456789ABCDEF";
      const auto byte = static_cast<unsigned char>(c);
      uri.append("%").append(1, digits[byte >> 4U]).append(1, digits[byte & 15U]);
    } else {
      uri += c;
    }
  }
  return uri.append(options);
}

}  // namespace

void Statement::Finalize::operator()(sqlite3_stmt* statement) const { sqlite3_finalize(statement); }
void Database::Close::operator()(sqlite3* connection) const { sqlite3_close_v2(connection); }

// Binding fails only where memory or the statement's parameters run out; the step that follows tells.
void Statement::bind(int parameter, std::int64_t value) { sqlite3_bind_int64(statement_.get(), parameter + 1, value); }
void Statement::bind(int parameter, double value) { sqlite3_bind_double(statement_.get(), parameter + 1, value); }
void Statement::bind(int parameter, std::string_view text) {
  sqlite3_bind_text64(statement_.get(), parameter + 1, text.empty() ? "" : text.data(), text.size(), SQLITE_TRANSIENT,
                      SQLITE_UTF8);
}
void Statement::bind(int parameter, std::span<const std::byte> bytes) {
  sqlite3_bind_blob64(statement_.get(), parameter + 1, bytes.data(), bytes.size(), SQLITE_TRANSIENT);
}

Result<bool> Statement::step() {
  const int code = sqlite3_step(statement_.get());
  if (code == SQLITE_ROW) return true;
  if (code == SQLITE_DONE) {
    reset();
    return false;
  }
  auto failed = database_->failure(code);
  reset();
  return failed;
}

Result<> Statement::run() {
  auto row = step();
  if (!row) return tl::unexpected(row.error());
  reset();
  return {};
}

void Statement::reset() { sqlite3_reset(statement_.get()); }

std::int64_t Statement::integer(int column) const { return sqlite3_column_int64(statement_.get(), column); }
double Statement::real(int column) const { return sqlite3_column_double(statement_.get(), column); }
std::string Statement::text(int column) const {
  const auto* text = reinterpret_cast<const char*>(sqlite3_column_text(statement_.get(), column));
  return text == nullptr ? std::string()
                         : std::string(text, static_cast<std::size_t>(sqlite3_column_bytes(statement_.get(), column)));
}
std::span<const std::byte> Statement::bytes(int column) const {
  const auto* bytes = static_cast<const std::byte*>(sqlite3_column_blob(statement_.get(), column));
  return {bytes, bytes == nullptr ? 0 : static_cast<std::size_t>(sqlite3_column_bytes(statement_.get(), column))};
}

Result<std::unique_ptr<Database>> Database::open(const std::filesystem::path& path, Mode mode) {
  std::error_code ignored;
  if (mode == Mode::read && !std::filesystem::exists(path, ignored)) {
    return fail(ErrorCode::not_found, path.string() + ": no such file");
  }
  std::unique_ptr<Database> database(new Database(path));
  const auto connect = [&](std::string_view options) {
    sqlite3* connection = nullptr;
    const int flags = (mode == Mode::read ? SQLITE_OPEN_READONLY : SQLITE_OPEN_READWRITE | SQLITE_OPEN_CREATE) |
                      SQLITE_OPEN_URI | SQLITE_OPEN_NOMUTEX | SQLITE_OPEN_PRIVATECACHE | SQLITE_OPEN_EXRESCODE;
    int code = sqlite3_open_v2(as_uri(path, options).c_str(), &connection, flags, nullptr);
    database->connection_.reset(connection);
    if (code != SQLITE_OK) return code;
    sqlite3_busy_timeout(connection, busy_ms);
    // The file may be anybody's: its schema calls nothing, and nothing writes to SQLite's own tables.
    sqlite3_db_config(connection, SQLITE_DBCONFIG_DEFENSIVE, 1, nullptr);
    sqlite3_db_config(connection, SQLITE_DBCONFIG_TRUSTED_SCHEMA, 0, nullptr);
    code = sqlite3_exec(connection, "PRAGMA cell_size_check = ON", nullptr, nullptr, nullptr);
    return code != SQLITE_OK ? code : sqlite3_exec(connection, "PRAGMA schema_version", nullptr, nullptr, nullptr);
  };
  int code = connect("");
  // Readers share memory through files beside the database. Where these cannot be made (a folder that is read-only),
  // nobody writes either.
  if (mode == Mode::read && code != SQLITE_OK &&
      ((code & 0xFF) == SQLITE_CANTOPEN || (code & 0xFF) == SQLITE_READONLY) &&
      !std::filesystem::exists(path.string() + "-wal", ignored)) {
    code = connect("?immutable=1");
  }
  if (code != SQLITE_OK) return database->failure(code);
  return database;
}

Result<Statement> Database::prepare(std::string_view sql) const {
  sqlite3_stmt* statement = nullptr;
  const int code = sqlite3_prepare_v2(connection_.get(), sql.data(), static_cast<int>(sql.size()), &statement, nullptr);
  if (code != SQLITE_OK) return failure(code);
  return Statement(std::unique_ptr<sqlite3_stmt, Statement::Finalize>(statement), this);
}

Result<> Database::run(const std::string& sql) const {
  const int code = sqlite3_exec(connection_.get(), sql.c_str(), nullptr, nullptr, nullptr);
  if (code != SQLITE_OK) return failure(code);
  return {};
}

Result<std::int64_t> Database::integer(std::string_view sql) const {
  auto statement = prepare(sql);
  if (!statement) return tl::unexpected(statement.error());
  const auto row = statement->step();
  if (!row) return tl::unexpected(row.error());
  return *row ? statement->integer(0) : 0;
}

std::int64_t Database::last_row() const { return sqlite3_last_insert_rowid(connection_.get()); }

tl::unexpected<Error> Database::failure(int code) const {
  const auto with = [&](ErrorCode kind, const std::string& what) { return fail(kind, path_.string() + ": " + what); };
  switch (code & 0xFF) {
    case SQLITE_FULL:
      return with(ErrorCode::io, "the disk is full");
    case SQLITE_READONLY:
    case SQLITE_PERM:
      return with(ErrorCode::io, "it may not be written");
    case SQLITE_CANTOPEN:
      return with(ErrorCode::io, "cannot open it");
    case SQLITE_BUSY:
    case SQLITE_LOCKED:
      return with(ErrorCode::io, "another process holds it");
    case SQLITE_NOMEM:
      return with(ErrorCode::io, "out of memory");
    case SQLITE_CORRUPT:
    case SQLITE_NOTADB:
      return with(ErrorCode::corrupt, "it is damaged, or another program's file");
    case SQLITE_IOERR:
      return with(ErrorCode::io, "cannot read or write it; is the disk full?");
    default:
      return with(ErrorCode::corrupt, sqlite3_errmsg(connection_.get()));
  }
}

Result<Transaction> Transaction::begin(const Database& database, Kind kind) {
  if (auto done = database.run(kind == Kind::read ? "BEGIN" : "BEGIN IMMEDIATE"); !done) {
    return tl::unexpected(done.error());
  }
  return Transaction(&database);
}

Transaction::~Transaction() {
  // SQLite rolls back by itself after some failures; a second time is an error that says so.
  if (database_ != nullptr) (void)database_->run("ROLLBACK");
}

Result<> Transaction::commit() {
  if (auto done = database_->run("COMMIT"); !done) return done;
  database_ = nullptr;
  return {};
}

Result<> check_version(const Database& database, const Format& format) {
  const auto version = database.integer("PRAGMA user_version");
  if (!version) return tl::unexpected(version.error());
  const auto id = database.integer("PRAGMA application_id");
  if (!id) return tl::unexpected(id.error());
  const auto newest = static_cast<std::int64_t>(format.steps.size());
  const std::string the = "the " + std::string(format.name);
  if (*id != format.application) return fail(ErrorCode::corrupt, the + " is damaged, or another program's database");
  if (*version > newest) return fail(ErrorCode::unsupported, the + " was made by a newer updraft");
  if (*version < newest) {
    return fail(ErrorCode::unsupported, the + " was made by an older updraft; " + std::string(format.remedy));
  }
  return {};
}

Result<> migrate(const Database& database, const Format& format) {
  auto transaction = Transaction::begin(database, Transaction::Kind::write);
  if (!transaction) return tl::unexpected(transaction.error());
  auto version = database.integer("PRAGMA user_version");
  if (!version) return tl::unexpected(version.error());
  if (*version == 0) {
    const auto tables = database.integer("SELECT count(*) FROM sqlite_schema");
    if (!tables) return tl::unexpected(tables.error());
    if (*tables != 0) {
      return fail(ErrorCode::corrupt,
                  "there is another program's database in the " + std::string(format.name) + "'s place");
    }
    if (auto done = database.run("PRAGMA application_id = " + std::to_string(format.application)); !done) return done;
  }
  for (std::size_t i = static_cast<std::size_t>(std::max<std::int64_t>(*version, 0)); i < format.steps.size(); ++i) {
    if (auto done = database.run(format.steps[i]); !done) return done;
    if (auto done = database.run("PRAGMA user_version = " + std::to_string(i + 1)); !done) return done;
  }
  if (auto good = check_version(database, format); !good) return good;
  return transaction->commit();
}

}  // namespace updraft::sqlite
