// Recommendations as they are told: what they go by, and what came of it.
#pragma once

#include <nlohmann/json_fwd.hpp>
#include <string>
#include <vector>

#include "updraft/catalogue.h"

namespace updraft::api {

struct Recommended {
  RecommendOptions options;
  std::vector<std::string> titles;  // [like.size() + events.size()] of the assets that are named; empty: unknown
  RecommendAnswer answer;
};

// With the titles of the assets that reasons name; those that are gone have none.
[[nodiscard]] Recommended recommended(const Catalogue& catalogue, RecommendOptions options, RecommendAnswer answer);

// "because you liked 'Snowman', and looked at ..."; what people want far more than others is told to be so.
[[nodiscard]] std::string because(const Recommended& recommended, const Recommendation& item);

// {"text", "queries", "like", "corrections", "unknown", "recommendations": [...], "timings"}
[[nodiscard]] nlohmann::ordered_json to_json(const Recommended& recommended);

}  // namespace updraft::api
