// A search as it is told: what was asked for, and what came of it.
#pragma once

#include <nlohmann/json_fwd.hpp>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "updraft/catalogue.h"
#include "updraft/intent.h"

namespace updraft::api {

struct Searched {
  std::string text;
  std::optional<Intent> understood = {};  // none: nobody was asked what the text means
  std::vector<std::string> queries;       // beside it
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

// What is searched beside the text: what was understood, where that is likelier than not what was meant and says
// something else, then what was written for it; max_queries at most.
[[nodiscard]] std::vector<std::string> queries_beside(std::string_view text, const std::optional<Intent>& understood,
                                                      std::vector<std::string> written);

// {"text", "understood", "queries", "corrections", "found", "next", "hits": [...], "facets": {...}, "timings"}; with
// `explain` each hit has its evidence. Without an intent there is no "understood".
[[nodiscard]] nlohmann::ordered_json to_json(const Searched& searched);

}  // namespace updraft::api
