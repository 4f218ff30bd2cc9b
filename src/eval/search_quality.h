// How well a catalogue is searched and recommended from, against a judged set of its own.
#pragma once

#include <filesystem>
#include <functional>
#include <span>
#include <string>
#include <string_view>
#include <vector>

#include "eval/judged_set.h"
#include "eval/metrics.h"

namespace updraft::eval {

struct SearchFigures {
  Mean ndcg_10, recall_50;
  Mean distinct;  // nDCG@10 where what hardly differs from a hit before is worth nothing
};

// A way to search: what is asked, and of which index.
struct SearchRow {
  std::string name;
  SearchFigures vague, exact;
};

// A way to recommend ten assets for one.
struct RecommendRow {
  std::string name;
  Mean relevance;  // share of them that have the seed's tag, which is left out of what is indexed
  Mean distinct;   // the same, without those that hardly differ from the seed or from one before
  Mean diversity;  // mean of 1 - cosine over all pairs of them
};

struct SearchReport {
  std::size_t assets = 0, vague = 0, exact = 0, seeds = 0;
  std::vector<SearchRow> searches;
  std::vector<RecommendRow> recommendations;
};

struct SearchQualityOptions {
  std::filesystem::path scratch;  // a folder for catalogues, of 30 MB or so
  std::filesystem::path text_encoder;
  int threads = 0;
  std::size_t seeds = 3;  // assets of each vague intent that are recommended for
  // The queries that updraft writes for a text.
  std::function<Result<std::vector<std::string>>(std::string_view text)> write_queries;
  std::function<void(std::size_t fold, std::size_t folds)> on_fold = {};  // when it begins
};

// Errors: as index() and Catalogue; those of write_queries.
[[nodiscard]] Result<SearchReport> measure_search(std::span<const Asset> assets, const JudgedSet& set,
                                                  const SearchQualityOptions& options);

[[nodiscard]] std::string to_text(const SearchReport& report);
[[nodiscard]] std::string to_json(const SearchReport& report);  // indented, with a line break at the end

}  // namespace updraft::eval
