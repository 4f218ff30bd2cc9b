#include "cli/recommendations.h"

#include <algorithm>

#include "cli/look_up.h"

namespace updraft::cli {
namespace {

// What they go by, in a line.
std::string heading(const Recommended& recommended) {
  const RecommendOptions& options = recommended.options;
  std::string out = options.text;
  for (std::size_t i = 0; i < options.like.size(); ++i) {
    const std::string& title = recommended.titles[i];
    out.append(out.empty() ? "like '" : i == 0 ? ", like '" : ", '").append(title.empty() ? options.like[i] : title);
    out += "'";
  }
  if (!options.events.empty()) out += (out.empty() ? "" : ", ") + std::to_string(options.events.size()) + " events";
  return out;
}

}  // namespace

std::string to_text(const Recommended& recommended, const Terminal& terminal) {
  const RecommendAnswer& answer = recommended.answer;
  std::string out = terminal.heading(wrap(printable(heading(recommended)), terminal.width, 0, 0)) + "\n";
  for (const Correction& one : answer.corrections) out += "  " + terminal.faint(printable(told(one))) + '\n';
  out += '\n';
  if (answer.items.empty()) out += "nothing found\n";
  for (std::size_t i = 0; i < answer.items.size(); ++i) {
    const Recommendation& item = answer.items[i];
    out += entry(i + 1, item.asset, api::because(recommended, item), terminal);
  }
  return out;
}

ContactSheet contact_sheet(const Recommended& recommended) {
  ContactSheet sheet{.title = heading(recommended)};
  for (const Correction& one : recommended.answer.corrections) sheet.remarks.push_back(told(one));
  sheet.remarks.push_back(std::to_string(recommended.answer.items.size()) + " recommendations");
  for (const Recommendation& item : recommended.answer.items) {
    sheet.cards.push_back({item.asset, api::because(recommended, item)});
  }
  return sheet;
}

}  // namespace updraft::cli
