#include "catalogue/embedded.h"

#include "catalogue/embedded_update.h"
#include "catalogue/embedded_view.h"

namespace updraft::catalogue {
namespace {

namespace fs = std::filesystem;

// The lists of words that many assets hold do not fit into SQLite's own 2 MB of cache: 32 MB.
constexpr const char* for_reading = "PRAGMA cache_size = -32768";

class Embedded final : public Backend {
 public:
  Embedded(fs::path directory, std::unique_ptr<Database> database)
      : directory_(std::move(directory)), database_(std::move(database)) {}

  Result<std::unique_ptr<View>> view() override {
    // The index of meaning of a state may be gone before it is read, when another update has ended meanwhile: then that
    // one's state is read.
    constexpr int attempts = 100;
    for (int attempt = 1;; ++attempt) {
      auto transaction = Transaction::begin(*database_, Transaction::Kind::read);
      if (!transaction) return tl::unexpected(transaction.error());
      const auto stored = read_about(*database_);
      if (!stored) return tl::unexpected(stored.error());
      if (stored->points == 0) {
        kept_.vectors = nullptr;
      } else if (!kept_.vectors || kept_.points != stored->points) {
        auto vectors = Vectors::load(points_path(directory_, stored->points));
        if (!vectors && vectors.error().code == ErrorCode::not_found && attempt < attempts) continue;
        if (!vectors) return fail(vectors.error().code, vectors.error().message + "; updraft index makes it anew");
        if (vectors->dimension() != stored->about.dimension) {
          return fail(ErrorCode::corrupt, directory_.string() + ": the catalogue is damaged");
        }
        kept_.vectors = std::make_shared<const Vectors>(std::move(*vectors));
        kept_.points = stored->points;
      }
      return embedded_view(*database_, std::move(*transaction), *stored, kept_.vectors, kept_);
    }
  }

  Result<std::unique_ptr<Update>> update() override {
    auto lock = Lock::take(directory_ / "lock");
    if (!lock) return tl::unexpected(lock.error());
    return begin_embedded_update(directory_, *database_, std::move(*lock));
  }

 private:
  fs::path directory_;
  std::unique_ptr<Database> database_;
  Kept kept_;
};

}  // namespace

Result<std::unique_ptr<Backend>> open_embedded(const fs::path& directory, Access access) {
  const fs::path path = directory / "catalogue.sqlite";
  std::error_code code;
  if (access == Access::read && !fs::exists(path, code)) {
    return fail(ErrorCode::not_found, directory.string() + ": there is no catalogue; updraft index makes one");
  }
  if (access == Access::write) {
    fs::create_directories(directory, code);
    if (code) return fail(ErrorCode::io, directory.string() + ": " + code.message());
    // Two that make a catalogue at once would both migrate it.
    if (auto lock = Lock::take(directory / "lock"); !lock) return tl::unexpected(lock.error());
  }
  auto database = Database::open(path, access == Access::read ? Database::Mode::read : Database::Mode::write);
  if (!database) return tl::unexpected(database.error());
  Result<> ready;
  if (access == Access::read) {
    ready = (*database)->run(for_reading);
    if (ready) ready = check_version(**database, format);
  } else {
    ready = (*database)->run("PRAGMA journal_mode = WAL; PRAGMA synchronous = FULL");
    if (ready) ready = migrate(**database, format);
  }
  if (!ready) return tl::unexpected(ready.error());
  return std::make_unique<Embedded>(directory, std::move(*database));
}

}  // namespace updraft::catalogue
