#include "cli/answer.h"

#include <nlohmann/json.hpp>

#include "cli/json_line.h"

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

}  // namespace

std::string to_json(std::string_view intent, const Answer& answer) {
  using nlohmann::ordered_json;
  ordered_json suggestions = ordered_json::array();
  for (const Suggestion& s : answer.suggestions.items) {
    suggestions.push_back(
        ordered_json{{"text", s.text}, {"words", s.words}, {"score", rounded(s.score)}, {"task", name(s.task)}});
  }
  const Timings& t = answer.suggestions.timings;
  const ordered_json line = {{"intent", intent},
                             {"task", name(answer.task)},
                             {"suggestions", std::move(suggestions)},
                             {"timings",
                              {{"load_ms", rounded(t.load_ms)},
                               {"prefill_ms", rounded(t.prefill_ms)},
                               {"decode_ms", rounded(t.decode_ms)},
                               {"choice_ms", rounded(t.choice_ms)},
                               {"total_ms", rounded(t.total_ms)},
                               {"prompt_tokens", t.prompt_tokens},
                               {"decoded_tokens", t.decoded_tokens},
                               {"peak_rss_mb", rounded(t.peak_rss_mb)}}}};
  return json_line(line);
}

std::string to_text(std::string_view intent, std::span<const Answer> answers, bool details, const Terminal& terminal) {
  std::string out = terminal.heading(wrap(printable(intent), terminal.width, 0, 0)) + "\n\n";
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
