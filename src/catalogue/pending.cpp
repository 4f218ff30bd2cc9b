#include "catalogue/pending.h"

#include <cstring>

#include "catalogue/stored.h"

namespace updraft::catalogue {

namespace fs = std::filesystem;

Result<Pending> Pending::open(const fs::path& path, std::uint64_t encoder) {
  for (const bool last : {false, true}) {
    auto pending = try_open(path, encoder);
    if (pending || last) return pending;
    remove(path);
  }
  return fail(ErrorCode::io, path.string() + ": cannot open");  // not reached
}

void Pending::remove(const fs::path& path) {
  std::error_code ignored;
  for (const char* suffix : {"", "-wal", "-shm"}) fs::remove(path.string() + suffix, ignored);
}

Result<> Pending::keep(std::span<const std::uint64_t> meanings, std::span<const float> points) {
  auto transaction = Transaction::begin(*database_, Transaction::Kind::write);
  if (!transaction) return tl::unexpected(transaction.error());
  auto statement = database_->prepare("INSERT OR REPLACE INTO points VALUES (?, ?)");
  if (!statement) return tl::unexpected(statement.error());
  const std::size_t dimension = meanings.empty() ? 0 : points.size() / meanings.size();
  for (std::size_t i = 0; i < meanings.size(); ++i) {
    const auto bytes = std::as_bytes(points.subspan(i * dimension, dimension));
    if (auto done = statement->with(to_signed(meanings[i]), bytes).run(); !done) return done;
  }
  return transaction->commit();
}

Result<bool> Pending::find(std::uint64_t meaning, std::span<float> point) {
  auto statement = database_->prepare("SELECT point FROM points WHERE meaning = ?");
  if (!statement) return tl::unexpected(statement.error());
  const auto row = statement->with(to_signed(meaning)).step();
  if (!row) return tl::unexpected(row.error());
  if (!*row || statement->bytes(0).size() != point.size_bytes()) return false;
  std::memcpy(point.data(), statement->bytes(0).data(), point.size_bytes());
  return true;
}

Result<Pending> Pending::try_open(const fs::path& path, std::uint64_t encoder) {
  auto database = Database::open(path, Database::Mode::write);
  if (!database) return tl::unexpected(database.error());
  Result<> done = (*database)->run(
      "PRAGMA journal_mode = WAL; PRAGMA synchronous = NORMAL;"
      "CREATE TABLE IF NOT EXISTS encoder(fingerprint INTEGER);"
      "CREATE TABLE IF NOT EXISTS points(meaning INTEGER PRIMARY KEY, point BLOB NOT NULL)");
  if (!done) return tl::unexpected(done.error());
  const auto known = (*database)->integer("SELECT fingerprint FROM encoder");
  if (!known) return tl::unexpected(known.error());
  if (*known != to_signed(encoder)) {
    done = (*database)->run("BEGIN; DELETE FROM points; DELETE FROM encoder; INSERT INTO encoder VALUES (" +
                            std::to_string(to_signed(encoder)) + "); COMMIT");
    if (!done) return tl::unexpected(done.error());
  }
  return Pending(std::move(*database));
}

}  // namespace updraft::catalogue
