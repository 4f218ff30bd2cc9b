#include "catalogue/embedded_update.h"

#include <optional>
#include <unordered_map>
#include <unordered_set>

#include "catalogue/pending.h"
#include "catalogue/words.h"
#include "files/replacement.h"

namespace updraft::catalogue {
namespace {

namespace fs = std::filesystem;

constexpr const char* put_asset =
    "INSERT INTO assets(id, title, tags, description, url, facets, popularity, content, meaning) "
    "VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?)";
constexpr const char* keep_asset =
    "INSERT INTO assets(row, id, title, tags, description, url, facets, popularity, content, meaning) "
    "VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?, ?)";
// The index of words holds no texts itself; what goes from it has to be told to it.
constexpr const char* put_texts = "INSERT INTO texts(rowid, title, tags, description) VALUES (?, ?, ?, ?)";
constexpr const char* erase_texts =
    "INSERT INTO texts(texts, rowid, title, tags, description) VALUES ('delete', ?, ?, ?, ?)";

// Removes the indexes of meaning of other generations, and what killed updates left of new ones.
void remove_other_points(const fs::path& directory, std::uint64_t generation) {
  std::error_code code;
  std::vector<fs::path> others;
  for (fs::directory_iterator entry(directory, code), end; !code && entry != end; entry.increment(code)) {
    const std::string name = entry->path().filename().string();
    if (name.starts_with("points-") && entry->path() != points_path(directory, generation))
      others.push_back(entry->path());
  }
  for (const fs::path& path : others) fs::remove(path, code);
}

class EmbeddedUpdate final : public Update {
 public:
  static Result<std::unique_ptr<Update>> begin(const fs::path& directory, const Database& database, Lock lock) {
    auto transaction = Transaction::begin(database, Transaction::Kind::write);
    if (!transaction) return tl::unexpected(transaction.error());
    auto stored = read_about(database);
    if (!stored) return tl::unexpected(stored.error());
    std::unique_ptr<EmbeddedUpdate> update(
        new EmbeddedUpdate(directory, database, std::move(lock), std::move(*transaction), *stored));
    remove_other_points(directory, stored->points);
    files::remove_leftovers(points_path(directory, stored->points));
    struct {
      std::optional<Statement>& statement;
      std::string sql;
    } const prepared[] = {
        {update->find_, "SELECT row, content, meaning FROM assets WHERE id = ?"},
        {update->load_, std::string("SELECT ") + asset_columns + " FROM assets WHERE row = ?"},
        {update->put_, put_asset},
        {update->keep_, keep_asset},
        {update->erase_, "DELETE FROM assets WHERE row = ?"},
        {update->put_texts_, put_texts},
        {update->erase_texts_, erase_texts},
        {update->add_facet_, "INSERT OR IGNORE INTO facets VALUES (?, ?, ?)"},
        {update->erase_facet_, "DELETE FROM facets WHERE name = ? AND value = ? AND row = ?"},
    };
    for (const auto& [statement, sql] : prepared) {
      auto made = database.prepare(sql);
      if (!made) return tl::unexpected(made.error());
      statement.emplace(std::move(*made));
    }
    return update;
  }

  [[nodiscard]] About about() const override { return before_.about; }

  Result<> use_encoder(int dimension, std::uint64_t encoder) override {
    now_.about.dimension = dimension;
    now_.about.encoder = encoder;
    vectors_ = dimension > 0 ? std::optional<Vectors>(Vectors::make(dimension)) : std::nullopt;
    vectors_loaded_ = vectors_changed_ = true;
    all_anew_ = true;
    return {};
  }

  Result<Mark> mark(const std::string& id) override { return marked_.insert(id).second ? Mark::first : Mark::again; }

  Result<std::optional<Fingerprint>> find(const std::string& id) override {
    const auto known = lookup(id);
    if (!known) return tl::unexpected(known.error());
    const auto lost = points_are_lost();
    if (!lost) return tl::unexpected(lost.error());
    if (!*known || *lost) return std::nullopt;
    return (**known).fingerprint;
  }

  Result<> put(const Asset& asset, const Fingerprint& fingerprint, std::span<const float> point) override {
    const auto known = lookup(asset.id);
    if (!known) return tl::unexpected(known.error());
    // A row stands for one point: a new point, a new row.
    const bool keep_row = *known && point.empty() && now_.about.dimension > 0;
    Row row = 0;
    if (*known) {
      row = (**known).row;
      if (auto done = erase(row, /*with_point=*/!keep_row); !done) return done;
    }
    const std::string tags = joined(asset.tags), facets = to_json(asset.facets);
    Result<> done;
    if (keep_row) {
      done = keep_
                 ->with(row, std::string_view(asset.id), std::string_view(asset.title), std::string_view(tags),
                        std::string_view(asset.description), std::string_view(asset.url), std::string_view(facets),
                        asset.popularity, to_signed(fingerprint.content), to_signed(fingerprint.meaning))
                 .run();
    } else {
      done = put_->with(std::string_view(asset.id), std::string_view(asset.title), std::string_view(tags),
                        std::string_view(asset.description), std::string_view(asset.url), std::string_view(facets),
                        asset.popularity, to_signed(fingerprint.content), to_signed(fingerprint.meaning))
                 .run();
      row = database_.last_row();
    }
    if (done) {
      done = put_texts_
                 ->with(row, std::string_view(asset.title), std::string_view(tags), std::string_view(asset.description))
                 .run();
    }
    if (!done) return done;
    for (const Facet& facet : asset.facets) {
      done = add_facet_->with(std::string_view(facet.name), std::string_view(facet.value), row).run();
      if (!done) return done;
    }
    count_words(asset, 1);
    ++now_.about.assets;
    changed_ = true;
    if (point.empty()) return {};
    if (auto loaded = load_vectors(); !loaded) return loaded;
    if (!vectors_) return fail(ErrorCode::invalid_argument, "a point for a catalogue without an encoder");
    vectors_changed_ = true;
    return vectors_->add(row, point);
  }

  Result<bool> points_are_lost() override {
    if (auto done = load_vectors(); !done) return tl::unexpected(done.error());
    return all_anew_;
  }

  Result<std::vector<std::string>> unmarked() override {
    auto statement = database_.prepare("SELECT id FROM assets ORDER BY row");
    if (!statement) return tl::unexpected(statement.error());
    std::vector<std::string> ids;
    while (true) {
      const auto row = statement->step();
      if (!row) return tl::unexpected(row.error());
      if (!*row) return ids;
      std::string id = statement->text(0);
      if (!marked_.contains(id)) ids.push_back(std::move(id));
    }
  }

  Result<Asset> asset(const std::string& id) override {
    const auto known = lookup(id);
    if (!known) return tl::unexpected(known.error());
    const auto there = *known ? load_->with((**known).row).step() : Result<bool>(false);
    if (!there) return tl::unexpected(there.error());
    if (!*there) return fail(ErrorCode::not_found, "the catalogue has no asset '" + id + "'");
    Asset asset = read_asset(*load_).asset;
    load_->reset();
    return asset;
  }

  Result<> erase(const std::string& id) override {
    const auto known = lookup(id);
    if (!known) return tl::unexpected(known.error());
    if (!*known) return fail(ErrorCode::not_found, "the catalogue has no asset '" + id + "'");
    return erase((**known).row, /*with_point=*/true);
  }

  Result<> set_aside(std::span<const std::uint64_t> meanings, std::span<const float> points) override {
    if (auto done = open_pending(); !done) return done;
    return pending_->keep(meanings, points);
  }

  Result<bool> recall(std::uint64_t meaning, std::span<float> point) override {
    if (auto done = open_pending(); !done) return tl::unexpected(done.error());
    return pending_->find(meaning, point);
  }

  Result<About> commit() override {
    const auto pending_path = directory_ / "pending.sqlite";
    if (!changed_ && !all_anew_) {
      pending_.reset();
      Pending::remove(pending_path);
      return before_.about;
    }
    now_.about.generation = before_.about.generation + 1;
    if (auto done = write_words(); !done) return tl::unexpected(done.error());
    if (auto done = write_vectors(); !done) return tl::unexpected(done.error());
    if (auto done = write_about(database_, now_); !done) return tl::unexpected(done.error());
    if (auto done = transaction_.commit(); !done) return tl::unexpected(done.error());
    // From here on the new state holds; what follows only tidies up.
    remove_other_points(directory_, now_.points);
    pending_.reset();
    Pending::remove(pending_path);
    return now_.about;
  }

 private:
  struct Known {
    Row row = 0;
    Fingerprint fingerprint;
  };

  EmbeddedUpdate(fs::path directory, const Database& database, Lock lock, Transaction transaction, const Stored& stored)
      : directory_(std::move(directory)),
        database_(database),
        lock_(std::move(lock)),
        transaction_(std::move(transaction)),
        before_(stored),
        now_(stored) {}

  Result<std::optional<Known>> lookup(const std::string& id) {
    const auto row = find_->with(std::string_view(id)).step();
    if (!row) return tl::unexpected(row.error());
    if (!*row) return std::nullopt;
    const Known known{find_->integer(0), {to_unsigned(find_->integer(1)), to_unsigned(find_->integer(2))}};
    find_->reset();
    return known;
  }

  Result<> load_vectors() {
    if (vectors_loaded_) return {};
    vectors_loaded_ = true;
    if (now_.about.dimension == 0) return {};
    if (before_.points != 0) {
      auto loaded = Vectors::load(points_path(directory_, before_.points));
      if (loaded && loaded->dimension() == now_.about.dimension) {
        vectors_ = std::move(*loaded);
        return {};
      }
    }
    vectors_ = Vectors::make(now_.about.dimension);
    vectors_changed_ = true;
    all_anew_ = before_.about.assets > 0;  // damaged, or gone
    return {};
  }

  Result<> open_pending() {
    if (pending_) return {};
    auto pending = Pending::open(directory_ / "pending.sqlite", now_.about.encoder);
    if (!pending) return tl::unexpected(pending.error());
    pending_.emplace(std::move(*pending));
    return {};
  }

  Result<> erase(Row row, bool with_point) {
    const auto there = load_->with(row).step();
    if (!there) return tl::unexpected(there.error());
    if (!*there) return {};
    const Asset asset = read_asset(*load_).asset;
    load_->reset();
    for (const Facet& facet : asset.facets) {
      auto done = erase_facet_->with(std::string_view(facet.name), std::string_view(facet.value), row).run();
      if (!done) return done;
    }
    const std::string tags = joined(asset.tags);
    Result<> done =
        erase_texts_
            ->with(row, std::string_view(asset.title), std::string_view(tags), std::string_view(asset.description))
            .run();
    if (done) done = erase_->with(row).run();
    if (!done) return done;
    count_words(asset, -1);
    if (now_.about.assets > 0) --now_.about.assets;
    changed_ = true;
    if (!with_point || now_.about.dimension == 0) return {};
    done = load_vectors();
    if (!done) return done;
    vectors_->remove(row);
    vectors_changed_ = true;
    return {};
  }

  void count_words(const Asset& asset, std::int64_t by) {
    std::unordered_set<std::string> words;
    const auto add = [&](std::string_view text) {
      for (std::string& word : words_of(text)) words.insert(std::move(word));
    };
    add(asset.title);
    add(asset.description);
    for (const std::string& tag : asset.tags) add(tag);
    for (const std::string& word : words) words_[word] += by;
  }

  Result<> write_words() {
    auto add = database_.prepare("INSERT INTO words VALUES (?1, ?2) ON CONFLICT DO UPDATE SET assets = assets + ?2");
    if (!add) return tl::unexpected(add.error());
    for (const auto& [word, by] : words_) {
      if (by == 0) continue;
      if (auto done = add->with(std::string_view(word), by).run(); !done) return done;
    }
    return database_.run("DELETE FROM words WHERE assets <= 0");
  }

  Result<> write_vectors() {
    if (!vectors_changed_) return {};
    if (!vectors_) {
      now_.points = 0;
      return {};
    }
    if (vectors_->needs_rebuilding()) {
      auto fresh = vectors_->rebuilt();
      if (!fresh) return tl::unexpected(fresh.error());
      vectors_ = std::move(*fresh);
    }
    now_.points = now_.about.generation;
    return vectors_->save(points_path(directory_, now_.points));
  }

  fs::path directory_;
  const Database& database_;
  Lock lock_;
  Transaction transaction_;
  Stored before_, now_;
  bool changed_ = false, all_anew_ = false;
  bool vectors_loaded_ = false, vectors_changed_ = false;
  std::optional<Vectors> vectors_;
  std::optional<Pending> pending_;
  std::unordered_set<std::string> marked_;
  std::unordered_map<std::string, std::int64_t> words_;
  std::optional<Statement> find_, load_, put_, keep_, erase_, put_texts_, erase_texts_, add_facet_, erase_facet_;
};

}  // namespace

Result<std::unique_ptr<Update>> begin_embedded_update(const fs::path& directory, const Database& database, Lock lock) {
  return EmbeddedUpdate::begin(directory, database, std::move(lock));
}

}  // namespace updraft::catalogue
