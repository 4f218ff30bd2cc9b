#include "cli/answer.h"

#include <array>
#include <cmath>
#include <nlohmann/json.hpp>

namespace updraft::cli {
namespace {

// DEL and U+0080..U+009F are valid in JSON strings as they are, but steer terminals.
std::string escape_controls(std::string_view json) {
  std::string out;
  out.reserve(json.size());
  for (std::size_t i = 0; i < json.size(); ++i) {
    const auto byte = static_cast<unsigned char>(json[i]);
    const auto next = static_cast<unsigned char>(i + 1 < json.size() ? json[i + 1] : 0);
    std::array<char, 8> escape{};
    if (byte == 0x7F) {
      out += "\\u007f";
    } else if (byte == 0xC2 && next >= 0x80 && next <= 0x9F) {
      std::snprintf(escape.data(), escape.size(), "\\u%04x", next);
      out += escape.data();
      ++i;
    } else {
      out += json[i];
    }
  }
  return out;
}

double rounded(double value) { return std::round(value * 1e3) / 1e3; }

std::string number(double value, int decimals) {
  std::array<char, 64> text{};
  const int length = std::snprintf(text.data(), text.size(), "%.*f", decimals, value);
  return {text.data(), static_cast<std::size_t>(length)};
}

std::string right(std::string_view text, std::size_t width) {
  return std::string(width > text.size() ? width - text.size() : 0, ' ').append(text);
}

std::string left(std::string_view text, std::size_t width) {
  return std::string(text).append(width > text.size() ? width - text.size() : 0, ' ');
}

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
  return escape_controls(line.dump(-1, ' ', false, ordered_json::error_handler_t::replace)) + '\n';
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
