// SQLite, as values: statements end with their scope, and every failure is a Result. What all of our files of its kind
// share.
#pragma once

#include <cstdint>
#include <filesystem>
#include <memory>
#include <optional>
#include <span>
#include <string>
#include <string_view>

#include "updraft/result.h"

struct sqlite3;
struct sqlite3_stmt;

namespace updraft::sqlite {

class Database;

// A prepared statement. Parameters and columns count from 0. Bound texts and bytes are copied.
class Statement {
 public:
  void bind(int parameter, std::int64_t value);
  void bind(int parameter, double value);
  void bind(int parameter, std::string_view text);
  void bind(int parameter, std::span<const std::byte> bytes);

  // Binds all parameters in order.
  template <class... Values>
  Statement& with(const Values&... values) {
    int parameter = 0;
    (bind(parameter++, values), ...);
    return *this;
  }

  // true: there is a row; false: the end, and the statement can run again. Errors: as Database.
  [[nodiscard]] Result<bool> step();
  [[nodiscard]] Result<> run();  // a statement without rows
  void reset();

  // Of the row; valid until the next step.
  [[nodiscard]] std::int64_t integer(int column) const;
  [[nodiscard]] double real(int column) const;
  [[nodiscard]] std::string text(int column) const;
  [[nodiscard]] std::span<const std::byte> bytes(int column) const;

 private:
  friend class Database;
  struct Finalize {
    void operator()(sqlite3_stmt* statement) const;
  };
  Statement(std::unique_ptr<sqlite3_stmt, Finalize> statement, const Database* database)
      : statement_(std::move(statement)), database_(database) {}

  std::unique_ptr<sqlite3_stmt, Finalize> statement_;
  const Database* database_;
};

// A connection. It stays where it is: statements point to it.
class Database {
 public:
  enum class Mode { read, write };
  // `write` makes the file when it is missing. Errors, all of which name the file: not_found, io (full disk, no
  // permission, locked), corrupt.
  [[nodiscard]] static Result<std::unique_ptr<Database>> open(const std::filesystem::path& path, Mode mode);

  [[nodiscard]] Result<Statement> prepare(std::string_view sql) const;
  [[nodiscard]] Result<> run(const std::string& sql) const;                // any number of statements
  [[nodiscard]] Result<std::int64_t> integer(std::string_view sql) const;  // of the first row; 0 where there is none
  [[nodiscard]] std::int64_t last_row() const;

  // What the last call that failed says.
  [[nodiscard]] tl::unexpected<Error> failure(int code) const;

 private:
  struct Close {
    void operator()(sqlite3* connection) const;
  };
  explicit Database(std::filesystem::path path) : path_(std::move(path)) {}

  std::filesystem::path path_;
  std::unique_ptr<sqlite3, Close> connection_;
};

// A transaction that is rolled back unless it is committed.
class Transaction {
 public:
  enum class Kind { read, write };
  [[nodiscard]] static Result<Transaction> begin(const Database& database, Kind kind);
  Transaction(Transaction&& other) noexcept : database_(std::exchange(other.database_, nullptr)) {}
  Transaction& operator=(Transaction&& other) noexcept {
    std::swap(database_, other.database_);
    return *this;
  }
  ~Transaction();
  [[nodiscard]] Result<> commit();

 private:
  explicit Transaction(const Database* database) : database_(database) {}
  const Database* database_;
};

// What a database of ours holds, version by version.
struct Format {
  std::span<const char* const> steps;  // steps[i] leads from version i to i + 1; released ones never change
  std::int32_t application = 0;        // in the file's header: whose it is
  std::string_view name;               // in errors: "catalogue"
  std::string_view remedy;             // for an old one that is only read: "updraft index brings it up to date"
};

// Brings the database to the last version, all or nothing. Errors: unsupported, when it is of a version still newer;
// corrupt (another program's file).
[[nodiscard]] Result<> migrate(const Database& database, const Format& format);
// What a reader can check of that. Errors: unsupported, corrupt.
[[nodiscard]] Result<> check_version(const Database& database, const Format& format);

}  // namespace updraft::sqlite
