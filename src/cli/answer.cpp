#include "cli/answer.h"

#include <nlohmann/json.hpp>

#include "api/json.h"
#include "cli/seen.h"

namespace updraft::cli {
namespace {

// A request's tasks share their timings.
std::string cost(const Timings& t, const Terminal& terminal) {
  const auto row = [](std::string_view what, int tokens, double ms) {
    const std::string rate = ms > 0 ? number(1e3 * tokens / ms, 0) : "-";
    return "  " + left(what, 8) + right(std::to_string(tokens), 6) + " tokens" + right(number(ms, 1), 9) + " ms" +
           right(rate, 7) + " tokens/s\n";
  };
  return terminal.title("cost") + '\n' + row("prompt", t.prompt_tokens, t.prefill_ms) +
         row("decoded", t.decoded_tokens, t.decode_ms) + "  " + left("chosen", 21) + right(number(t.choice_ms, 1), 9) +
         " ms\n  " + left("total", 21) + right(number(t.total_ms, 1), 9) + " ms, model loaded in " +
         number(t.load_ms, 0) + " ms, memory at most " + number(t.peak_rss_mb, 0) + " MB\n";
}

// "christmas sale flyer (template 0.97, retail; format flyer)", or that it was hardly understood: a goal and a category
// that nobody believes in are not told.
std::string understood_line(const Intent& intent, std::string_view taken) {
  if (intent.confidence < least_confidence) {
    return "hardly (confidence " + number(intent.confidence, 2) + "), taken as it was typed";
  }
  std::string line = printable(taken) + " (" + intent.goals.front().name + ' ' +
                     number(intent.goals.front().probability, 2) + ", " + intent.categories.front().name;
  for (std::size_t i = 0; i < intent.facets.size(); ++i) {
    line += (i == 0 ? "; " : ", ") + intent.facets[i].name + ' ' + printable(intent.facets[i].value);
  }
  return line + "; confidence " + number(intent.confidence, 2) + ")";
}

}  // namespace

std::string_view Wanted::intent() const {
  return understood && understood->confidence > likelier_than_not ? std::string_view(understood->text) : typed;
}

Result<Wanted> wanted_of(const std::optional<Seen>& seen, std::string_view typed,
                         const std::optional<IntentDetector>& detector) {
  Wanted wanted{seen ? described(*seen, typed) : std::string(typed), std::nullopt, seen};
  if (!detector) return wanted;
  auto understood = seen ? intent_of(*seen, typed, &*detector) : detector->detect(typed);
  if (!understood) return tl::unexpected(understood.error());
  wanted.understood = *std::move(understood);
  return wanted;
}

std::string understood_line(const Wanted& wanted, const Terminal& terminal) {
  if (!wanted.understood) return {};
  const std::string line = "understood: " + understood_line(*wanted.understood, wanted.intent());
  return terminal.faint(wrap(line, terminal.width, 0, 2)) + '\n';
}

std::string to_json(const Wanted& wanted, const Answer& answer) {
  using nlohmann::ordered_json;
  ordered_json suggestions = ordered_json::array();
  for (const Suggestion& suggestion : answer.suggestions.items) suggestions.push_back(api::to_json(suggestion));
  ordered_json line = api::with_seen(wanted.seen, {{"intent", wanted.intent()}, {"typed", wanted.typed}});
  if (wanted.understood) line["understood"] = api::to_json(*wanted.understood);
  line.update(ordered_json{{"task", name(answer.task)},
                           {"suggestions", std::move(suggestions)},
                           {"timings", api::to_json(answer.suggestions.timings)}});
  return api::json_line(line);
}

std::string to_text(const Wanted& wanted, std::span<const Answer> answers, bool details, const Terminal& terminal) {
  std::string out = seen_line(wanted.seen, terminal);
  out += terminal.heading(wrap(printable(wanted.typed), terminal.width, 0, 0)) + '\n';
  out += understood_line(wanted, terminal);
  out += '\n';
  for (const Answer& answer : answers) {
    out += terminal.title(name(answer.task)) + '\n';
    for (const Suggestion& s : answer.suggestions.items) {
      // "  words  score  text"
      std::string begin = "  ";
      if (details)
        begin += right(std::to_string(s.words), 2) + (s.words == 1 ? " word   " : " words  ") +
                 right(number(s.score, 2), 6) + "  ";
      out += terminal.faint(begin) + wrap(printable(s.text), terminal.width, begin.size(), begin.size()) + '\n';
    }
    out += '\n';
  }
  if (details && !answers.empty()) out += cost(answers.front().suggestions.timings, terminal) + '\n';
  out.pop_back();  // no empty line at the end
  return out;
}

}  // namespace updraft::cli
