// Reading the index of words of an embedded catalogue: BM25 (SQLite's FTS5), without ranking every row with a word.
#pragma once

#include <cstddef>
#include <optional>
#include <span>
#include <string>
#include <vector>

#include "catalogue/vectors.h"
#include "sqlite/database.h"

namespace updraft::catalogue {

struct RankedRow {
  Row row = 0;
  double score = 0;  // BM25: above 0, larger is better
};

// The k rows with the highest score, best first, equal ones by row; of all rows with one of the words, or of those of
// them that are `allowed` (in ascending order). n_rows: the catalogue's.
//
// To find a row costs little, to rank it much. What a word can give to a row is bounded whatever the row is like, so
// the rows that hold the most telling words are ranked first, and then only those that could still come before the k-th
// (as MaxScore; Turtle and Flood, "Query evaluation: strategies and optimizations", 1995). Errors: as Database.
[[nodiscard]] Result<std::vector<RankedRow>> best_rows(const sqlite::Database& database,
                                                       std::span<const std::string> words, std::size_t n_rows,
                                                       const std::optional<std::vector<Row>>& allowed, std::size_t k);

// The same, by ranking each row: all with one of the words, or those of `rows`.
[[nodiscard]] Result<std::vector<RankedRow>> rank_rows(const sqlite::Database& database,
                                                       std::span<const std::string> words,
                                                       const std::optional<std::vector<Row>>& rows, std::size_t k);

}  // namespace updraft::catalogue
