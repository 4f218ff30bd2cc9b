#include "api/searched.h"

#include <algorithm>
#include <iterator>
#include <nlohmann/json.hpp>

#include "api/json.h"

namespace updraft::api {

using nlohmann::ordered_json;

std::string_view name(IndexKind index) { return index == IndexKind::words ? "words" : "meaning"; }

std::vector<std::string> queries_beside(std::string_view text, const std::optional<Intent>& understood,
                                        std::vector<std::string> written) {
  std::vector<std::string> queries;
  if (understood && understood->confidence > likelier_than_not && understood->text != text) {
    queries.push_back(understood->text);
  }
  std::move(written.begin(), written.end(), std::back_inserter(queries));
  queries.resize(std::min(queries.size(), max_queries));
  return queries;
}

ordered_json to_json(const Searched& searched) {
  const SearchAnswer& answer = searched.answer;
  ordered_json hits = ordered_json::array();
  for (const Hit& hit : answer.hits) {
    ordered_json line = to_json(hit.asset);
    line["score"] = hit.score;
    if (searched.explain) {
      for (const Evidence& evidence : hit.evidence) {
        line["evidence"].push_back(
            {{"query", searched.query_of(evidence)}, {"index", name(evidence.index)}, {"rank", evidence.rank}});
      }
    }
    hits.push_back(std::move(line));
  }
  ordered_json facets = ordered_json::object();
  for (const FacetCount& count : answer.facets) facets[count.name][count.value] = count.hits;
  ordered_json json = {{"text", searched.text}};
  if (searched.understood) json["understood"] = to_json(*searched.understood);
  json.update(
      ordered_json{{"queries", searched.queries},
                   {"corrections", to_json(answer.corrections)},
                   {"found", answer.found},
                   {"next", answer.next},
                   {"hits", std::move(hits)},
                   {"facets", std::move(facets)},
                   {"timings", {{"encode_ms", rounded(answer.encode_ms)}, {"total_ms", rounded(answer.total_ms)}}}});
  return json;
}

}  // namespace updraft::api
