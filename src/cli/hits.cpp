#include "cli/hits.h"

#include <algorithm>
#include <optional>

#include "cli/answer.h"
#include "cli/look_up.h"

namespace updraft::cli {
namespace {

std::string found(const SearchAnswer& answer) {
  return (answer.found >= max_hits ? "at least " : "") + std::to_string(answer.found);
}

// "words 1, meaning 3; 'holiday sale sign': meaning 2"
std::string explanation(const Searched& searched, const Hit& hit) {
  std::string out;
  std::size_t query = 0;
  for (const Evidence& evidence : hit.evidence) {
    if (!out.empty()) out += evidence.query == query ? ", " : "; ";
    if (evidence.query != 0 && (evidence.query != query || out.empty())) {
      out += "'" + searched.query_of(evidence) + "': ";
    }
    query = evidence.query;
    out.append(api::name(evidence.index)).append(" ").append(std::to_string(evidence.rank));
  }
  return out;
}

}  // namespace

std::string to_text(const Searched& searched, const Terminal& terminal) {
  const SearchAnswer& answer = searched.answer;
  std::string out = terminal.heading(wrap(printable(searched.text), terminal.width, 0, 0)) + "\n";
  out += understood_line({searched.text, searched.understood}, terminal);
  for (const Correction& correction : answer.corrections) {
    out += "  " + terminal.faint(printable(told(correction))) + '\n';
  }
  if (searched.explain) {
    for (const std::string& query : searched.queries) out += "  " + terminal.faint("and " + printable(query)) + '\n';
  }
  out += '\n';
  if (answer.hits.empty()) out += answer.found == 0 ? "nothing found\n" : "no more hits\n";
  for (std::size_t i = 0; i < answer.hits.size(); ++i) {
    const Hit& hit = answer.hits[i];
    const auto why = searched.explain ? std::optional(explanation(searched, hit)) : std::nullopt;
    out += entry(searched.offset + i + 1, hit.asset, why, terminal);
  }
  std::string facet;
  for (const FacetCount& count : answer.facets) {
    if (count.name != facet) out += '\n' + terminal.title(printable(count.name)) + '\n';
    facet = count.name;
    out += "  " + printable(count.value) + "  " + terminal.faint(std::to_string(count.hits)) + '\n';
  }
  if (!answer.next.empty()) {
    out += '\n' + terminal.faint(found(answer) + " found; the next page: --cursor " + answer.next) + '\n';
  }
  return out;
}

ContactSheet contact_sheet(const Searched& searched) {
  const SearchAnswer& answer = searched.answer;
  ContactSheet sheet{.title = searched.text, .first = searched.offset + 1};
  for (const Correction& correction : answer.corrections) sheet.remarks.push_back(told(correction));
  for (const std::string& query : searched.queries) sheet.remarks.push_back("and " + query);
  sheet.remarks.push_back(std::to_string(answer.hits.size()) + " of " + found(answer) + " hits");
  for (const Hit& hit : answer.hits) {
    sheet.cards.push_back({hit.asset, searched.explain ? explanation(searched, hit) : std::string()});
  }
  return sheet;
}

}  // namespace updraft::cli
