#include "catalogue/embedded_words.h"

#include <algorithm>
#include <cmath>
#include <functional>

namespace updraft::catalogue {
namespace {

using sqlite::Database;

// As FTS5 computes BM25: k1, and what a word weighs at least, in however many rows it is.
constexpr double k1 = 1.2, least_weight = 1e-6;
constexpr double rounding = 1 + 1e-9;  // weights and sums here may differ from FTS5's in their last bits

std::string quoted(const std::string& word) { return '"' + word + '"'; }

std::string any_of(std::span<const std::string> words) {
  std::string match;
  for (const std::string& word : words) match.append(match.empty() ? "" : " OR ").append(quoted(word));
  return match;
}

// A word's weight in BM25: its inverse document frequency.
double weight_of(std::size_t n_with, std::size_t n_rows) {
  const auto with = static_cast<double>(n_with), all = static_cast<double>(std::max(n_rows, n_with));
  return std::max(least_weight, std::log((all - with + 0.5) / (with + 0.5)));
}

// A row, and the weights of the words that it holds.
struct Holder {
  Row row = 0;
  double weight = 0;
};

// Both in the order of their rows.
std::vector<Holder> with_word(const std::vector<Holder>& holders, std::span<const Row> rows, double weight) {
  std::vector<Holder> all;
  all.reserve(holders.size() + rows.size());
  auto holder = holders.begin();
  for (const Row row : rows) {
    for (; holder != holders.end() && holder->row < row; ++holder) all.push_back(*holder);
    const bool holds_others = holder != holders.end() && holder->row == row;
    all.push_back({row, holds_others ? (holder++)->weight + weight : weight});
  }
  all.insert(all.end(), holder, holders.end());
  return all;
}

Result<std::vector<Holder>> holders_of(const Database& database, std::span<const std::string> words,
                                       std::size_t n_rows) {
  auto statement = database.prepare("SELECT rowid FROM texts WHERE texts MATCH ? ORDER BY rowid");
  if (!statement) return tl::unexpected(statement.error());
  std::vector<Holder> holders;
  std::vector<Row> rows;
  for (const std::string& word : words) {
    rows.clear();
    statement->with(std::string_view(quoted(word)));
    while (true) {
      const auto row = statement->step();
      if (!row) return tl::unexpected(row.error());
      if (!*row) break;
      rows.push_back(statement->integer(0));
    }
    holders = with_word(holders, rows, weight_of(rows.size(), n_rows));
  }
  return holders;
}

void keep_allowed(std::vector<Holder>& holders, std::span<const Row> allowed) {
  auto next = allowed.begin();
  std::erase_if(holders, [&](const Holder& holder) {
    next = std::lower_bound(next, allowed.end(), holder.row);
    return next == allowed.end() || *next != holder.row;
  });
}

std::vector<Row> rows_from(std::span<const Holder> holders, double weight) {
  std::vector<Row> rows;
  for (const Holder& holder : holders) {
    if (holder.weight >= weight) rows.push_back(holder.row);
  }
  return rows;
}

}  // namespace

Result<std::vector<RankedRow>> rank_rows(const Database& database, std::span<const std::string> words,
                                         const std::optional<std::vector<Row>>& rows, std::size_t k) {
  // The + keeps SQLite from asking the index once a row.
  auto statement = database.prepare(
      std::string("SELECT rowid, -bm25(texts, 4.0, 2.0, 1.0) AS score FROM texts WHERE texts MATCH ?1") +
      (rows ? " AND +rowid IN (SELECT value FROM json_each(?3))" : "") + " ORDER BY score DESC, rowid LIMIT ?2");
  if (!statement) return tl::unexpected(statement.error());
  statement->with(std::string_view(any_of(words)), static_cast<std::int64_t>(k));
  if (rows) {
    std::string list;
    for (const Row row : *rows) list.append(list.empty() ? "[" : ",").append(std::to_string(row));
    statement->bind(2, std::string_view(list.append(list.empty() ? "[]" : "]")));
  }
  std::vector<RankedRow> ranked;
  while (true) {
    const auto row = statement->step();
    if (!row) return tl::unexpected(row.error());
    if (!*row) return ranked;
    ranked.push_back({statement->integer(0), statement->real(1)});
  }
}

Result<std::vector<RankedRow>> best_rows(const Database& database, std::span<const std::string> words,
                                         std::size_t n_rows, const std::optional<std::vector<Row>>& allowed,
                                         std::size_t k) {
  if (words.empty() || k == 0) return std::vector<RankedRow>();
  if (words.size() == 1 && !allowed) return rank_rows(database, words, {}, k);  // one weight: all of them could be best
  auto holders = holders_of(database, words, n_rows);
  if (!holders) return tl::unexpected(holders.error());
  if (allowed) keep_allowed(*holders, *allowed);
  if (holders->empty()) return std::vector<RankedRow>();
  const auto rank_from = [&](double weight) {
    std::optional<std::vector<Row>> rows = rows_from(*holders, weight);
    if (!allowed && rows->size() == holders->size()) rows.reset();  // all, which is found without a list
    return rank_rows(database, words, rows, k);
  };
  if (holders->size() <= k) return rank_from(0);

  std::vector<double> weights;
  for (const Holder& holder : *holders) weights.push_back(holder.weight);
  const auto kth = weights.begin() + static_cast<std::ptrdiff_t>(k - 1);
  std::nth_element(weights.begin(), kth, weights.end(), std::greater<>());
  const double least = *kth;
  auto best = rank_from(least);
  if (!best || best->size() < k) return best;
  // A row's score is at most k1 + 1 times its weight. What is as good as the k-th belongs to it by its row.
  const double needed = best->back().score / ((k1 + 1) * rounding);
  const bool others_could_be = std::any_of(holders->begin(), holders->end(), [&](const Holder& holder) {
    return holder.weight < least && holder.weight >= needed;
  });
  return others_could_be ? rank_from(needed) : best;
}

}  // namespace updraft::catalogue
