#include "catalogue/embedded_view.h"

#include <algorithm>
#include <map>

#include "catalogue/embedded_words.h"

namespace updraft::catalogue {
namespace {

class EmbeddedView final : public View {
 public:
  EmbeddedView(const Database& database, Transaction transaction, Stored stored, SharedVectors vectors, Kept& kept)
      : database_(database),
        transaction_(std::move(transaction)),
        stored_(stored),
        vectors_(std::move(vectors)),
        kept_(kept) {}

  [[nodiscard]] About about() const override { return stored_.about; }

  Result<std::vector<Found>> by_words(std::span<const std::string> words, const Filters& filters,
                                      std::size_t k) override {
    const auto allowed = allowed_by(filters);
    if (!allowed) return tl::unexpected(allowed.error());
    const auto best = best_rows(database_, words, stored_.about.assets, **allowed, k);
    if (!best) return tl::unexpected(best.error());
    return found_at(*best, [](const RankedRow& one) { return one.score; });
  }

  Result<std::vector<Found>> by_point(std::span<const float> point, const Filters& filters, std::size_t k) override {
    if (!vectors_) return std::vector<Found>();
    const auto allowed = allowed_by(filters);
    if (!allowed) return tl::unexpected(allowed.error());
    const Allowed& rows = **allowed;
    return found_at(rows ? vectors_->nearest_of(point, k, *rows) : vectors_->nearest(point, k),
                    [](const Neighbour& one) { return one.cosine; });
  }

  Result<std::vector<Asset>> assets(std::span<const std::string> ids) override {
    auto statement = database_.prepare(std::string("SELECT ") + asset_columns + " FROM assets WHERE id = ?");
    if (!statement) return tl::unexpected(statement.error());
    std::vector<Asset> assets;
    for (const std::string& id : ids) {
      const auto row = statement->with(std::string_view(id)).step();
      if (!row) return tl::unexpected(row.error());
      if (!*row) return fail(ErrorCode::not_found, "the catalogue has no asset '" + id + "'");
      assets.push_back(read_asset(*statement).asset);
      statement->reset();
    }
    return assets;
  }

  Result<std::vector<float>> points(std::span<const std::string> ids) override {
    const auto dimension = static_cast<std::size_t>(stored_.about.dimension);
    std::vector<float> points(ids.size() * dimension);
    if (!vectors_) return points;
    auto statement = database_.prepare("SELECT row FROM assets WHERE id = ?");
    if (!statement) return tl::unexpected(statement.error());
    for (std::size_t i = 0; i < ids.size(); ++i) {
      const auto row = statement->with(std::string_view(ids[i])).step();
      if (!row) return tl::unexpected(row.error());
      if (*row) vectors_->point(statement->integer(0), std::span(points).subspan(i * dimension, dimension));
      statement->reset();
    }
    return points;
  }

  Result<std::size_t> assets_with(const std::string& word) override {
    auto statement = database_.prepare("SELECT assets FROM words WHERE word = ?");
    if (!statement) return tl::unexpected(statement.error());
    const auto row = statement->with(std::string_view(word)).step();
    if (!row) return tl::unexpected(row.error());
    return *row ? static_cast<std::size_t>(std::max<std::int64_t>(statement->integer(0), 0)) : 0;
  }

  Result<std::string> nearest_word(const std::string& word) override {
    if (!kept_.vocabulary || kept_.generation != stored_.about.generation) {
      auto statement = database_.prepare("SELECT word, assets FROM words");
      if (!statement) return tl::unexpected(statement.error());
      auto vocabulary = std::make_unique<Vocabulary>();
      while (true) {
        const auto row = statement->step();
        if (!row) return tl::unexpected(row.error());
        if (!*row) break;
        vocabulary->add(statement->text(0), to_unsigned(statement->integer(1)));
      }
      kept_.vocabulary = std::move(vocabulary);
      kept_.generation = stored_.about.generation;
    }
    return kept_.vocabulary->nearest(word);
  }

 private:
  // Of all rows those that pass the filters; none: all.
  using Allowed = std::optional<std::vector<Row>>;

  // Kept from list to list: those of a search have the same filters.
  Result<const Allowed*> allowed_by(const Filters& filters) {
    if (filters != allowed_filters_) {
      auto rows = rows_of(filters);
      if (!rows) return tl::unexpected(rows.error());
      allowed_ = *std::move(rows);
      allowed_filters_ = filters;
    }
    return &allowed_;
  }

  template <class Scored, class Score>
  Result<std::vector<Found>> found_at(const std::vector<Scored>& rows, const Score& score) const {
    std::vector<Found> found;
    auto statement = database_.prepare("SELECT id, popularity FROM assets WHERE row = ?");
    if (!statement) return tl::unexpected(statement.error());
    for (const Scored& one : rows) {
      const auto row = statement->with(one.row).step();
      if (!row) return tl::unexpected(row.error());
      if (*row) found.push_back({statement->text(0), score(one), statement->real(1)});
      statement->reset();
    }
    return found;
  }

  // Filters by names, each with its values.
  static std::map<std::string, std::vector<std::string>> by_name(const Filters& filters) {
    std::map<std::string, std::vector<std::string>> names;
    for (const Facet& filter : filters) names[filter.name].push_back(filter.value);
    return names;
  }

  // " AND row IN (rows with one of the values) AND ...", with parameters from `first` on.
  static std::string condition(const Filters& filters, int first) {
    std::string sql;
    for (const auto& [name, values] : by_name(filters)) {
      sql += " AND row IN (SELECT row FROM facets WHERE name = ?" + std::to_string(first++) + " AND value IN (";
      for (std::size_t i = 0; i < values.size(); ++i) sql += (i == 0 ? "?" : ", ?") + std::to_string(first++);
      sql += "))";
    }
    return sql;
  }

  static void bind(Statement& statement, const Filters& filters, int first) {
    for (const auto& [name, values] : by_name(filters)) {
      statement.bind(first++, std::string_view(name));
      for (const std::string& value : values) statement.bind(first++, std::string_view(value));
    }
  }

  Result<Allowed> rows_of(const Filters& filters) const {
    if (filters.empty()) return Allowed();
    // The first name's rows, tested by the others: its index gives them without a look at the assets.
    const auto names = by_name(filters);
    const auto& [name, values] = *names.begin();
    std::string sql = "SELECT DISTINCT row FROM facets WHERE name = ?1 AND value IN (";
    for (std::size_t i = 0; i < values.size(); ++i) sql += (i == 0 ? "?" : ", ?") + std::to_string(2 + i);
    Filters rest;
    std::copy_if(filters.begin(), filters.end(), std::back_inserter(rest),
                 [&first = name](const Facet& filter) { return filter.name != first; });
    const int next = static_cast<int>(2 + values.size());
    sql += ")" + condition(rest, next) + " ORDER BY row";
    auto statement = database_.prepare(sql);
    if (!statement) return tl::unexpected(statement.error());
    Filters own;
    for (const std::string& value : values) own.push_back({name, value});
    bind(*statement, own, 0);
    bind(*statement, rest, next - 1);
    std::vector<Row> rows;
    while (true) {
      const auto row = statement->step();
      if (!row) return tl::unexpected(row.error());
      if (!*row) return Allowed(std::move(rows));
      rows.push_back(statement->integer(0));
    }
  }

  const Database& database_;
  Transaction transaction_;
  Stored stored_;
  SharedVectors vectors_;
  Kept& kept_;
  Filters allowed_filters_;
  Allowed allowed_;
};

}  // namespace

std::unique_ptr<View> embedded_view(const Database& database, Transaction transaction, const Stored& stored,
                                    SharedVectors vectors, Kept& kept) {
  return std::make_unique<EmbeddedView>(database, std::move(transaction), stored, std::move(vectors), kept);
}

}  // namespace updraft::catalogue
