#include "catalogue/embedded_view.h"

#include <algorithm>
#include <map>

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
    if (words.empty() || k == 0) return std::vector<Found>();
    std::string match;
    for (const std::string& word : words) match.append(match.empty() ? "\"" : " OR \"").append(word).append("\"");
    std::string sql =
        "SELECT assets.id, -found.rank, assets.popularity FROM "
        "(SELECT rowid, rank FROM texts WHERE texts MATCH ?1 AND rank MATCH 'bm25(4.0, 2.0, 1.0)'" +
        condition(filters, "rowid", 3) +
        " ORDER BY rank LIMIT ?2) AS found JOIN assets ON assets.row = found.rowid ORDER BY found.rank, assets.row";
    auto statement = database_.prepare(sql);
    if (!statement) return tl::unexpected(statement.error());
    statement->with(std::string_view(match), static_cast<std::int64_t>(k));
    bind(*statement, filters, 2);
    std::vector<Found> found;
    while (true) {
      const auto row = statement->step();
      if (!row) return tl::unexpected(row.error());
      if (!*row) return found;
      found.push_back({statement->text(0), statement->real(1), statement->real(2)});
    }
  }

  Result<std::vector<Found>> by_point(std::span<const float> point, const Filters& filters, std::size_t k) override {
    std::vector<Found> found;
    if (!vectors_) return found;
    std::vector<Neighbour> neighbours;
    if (filters.empty()) {
      neighbours = vectors_->nearest(point, k);
    } else {
      const auto allowed = rows_of(filters);
      if (!allowed) return tl::unexpected(allowed.error());
      neighbours = vectors_->nearest_of(point, k, *allowed);
    }
    auto statement = database_.prepare("SELECT id, popularity FROM assets WHERE row = ?");
    if (!statement) return tl::unexpected(statement.error());
    for (const Neighbour& neighbour : neighbours) {
      const auto row = statement->with(neighbour.row).step();
      if (!row) return tl::unexpected(row.error());
      if (*row) found.push_back({statement->text(0), neighbour.cosine, statement->real(1)});
      statement->reset();
    }
    return found;
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
  // Filters by names, each with its values.
  static std::map<std::string, std::vector<std::string>> by_name(const Filters& filters) {
    std::map<std::string, std::vector<std::string>> names;
    for (const Facet& filter : filters) names[filter.name].push_back(filter.value);
    return names;
  }

  // " AND column IN (rows with one of the values) AND ...", with parameters from `first` on.
  static std::string condition(const Filters& filters, const std::string& column, int first) {
    std::string sql;
    for (const auto& [name, values] : by_name(filters)) {
      sql +=
          " AND " + column + " IN (SELECT row FROM facets WHERE name = ?" + std::to_string(first++) + " AND value IN (";
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

  Result<std::vector<Row>> rows_of(const Filters& filters) const {
    // The first name's rows, tested by the others: its index gives them without a look at the assets.
    const auto names = by_name(filters);
    const auto& [name, values] = *names.begin();
    std::string sql = "SELECT DISTINCT row FROM facets WHERE name = ?1 AND value IN (";
    for (std::size_t i = 0; i < values.size(); ++i) sql += (i == 0 ? "?" : ", ?") + std::to_string(2 + i);
    Filters rest;
    std::copy_if(filters.begin(), filters.end(), std::back_inserter(rest),
                 [&first = name](const Facet& filter) { return filter.name != first; });
    const int next = static_cast<int>(2 + values.size());
    sql += ")" + condition(rest, "row", next) + " ORDER BY row";
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
      if (!*row) return rows;
      rows.push_back(statement->integer(0));
    }
  }

  const Database& database_;
  Transaction transaction_;
  Stored stored_;
  SharedVectors vectors_;
  Kept& kept_;
};

}  // namespace

std::unique_ptr<View> embedded_view(const Database& database, Transaction transaction, const Stored& stored,
                                    SharedVectors vectors, Kept& kept) {
  return std::make_unique<EmbeddedView>(database, std::move(transaction), stored, std::move(vectors), kept);
}

}  // namespace updraft::catalogue
