// A search as it is told: what was asked for, and what came of it.
#pragma once

#include <nlohmann/json_fwd.hpp>
#include <string>
#include <vector>

#include "updraft/catalogue.h"

namespace updraft::api {

struct Searched {
  std::string text;
  std::vector<std::string> queries;  // beside it
  std::size_t offset = 0;
  bool explain = false;
  SearchAnswer answer;

  // What the evidence's query was: the text, one of the queries, or a picture's point.
  [[nodiscard]] std::string query_of(const Evidence& evidence) const {
    if (evidence.query > queries.size()) return "the picture";
    return evidence.query == 0 ? text : queries[evidence.query - 1];
  }
};

[[nodiscard]] std::string_view name(IndexKind index);  // "words"

// {"text", "queries", "corrections", "found", "next", "hits": [...], "facets": {...}, "timings"}; with `explain` each
// hit has its evidence.
[[nodiscard]] nlohmann::ordered_json to_json(const Searched& searched);

}  // namespace updraft::api
