#include "eval/few_shot.h"

#include <algorithm>
#include <nlohmann/json.hpp>
#include <optional>
#include <utility>

#include "corpus/hash.h"
#include "corpus/rules.h"
#include "text/ascii.h"
#include "text/words.h"

namespace updraft::eval {
namespace {

constexpr std::string_view rules =
    "You turn what a person wants into ready prompts for a marketplace of pictures and design templates. Keep what the "
    "intent states: colours, counts, what must not be there, whom it is for. The prompts of a list differ in subject, "
    "angle, style or use. Answer with a numbered list and nothing else.";

std::string_view what(Task task) {
  switch (task) {
    case Task::query:
      return "search queries for the catalogue";
    case Task::related:
      return "related ideas, what the same person would want next or beside it";
    case Task::template_:
      return "briefs for a design template, with format, layout, lettering, colour and the main element";
    case Task::image:
      return "prompts for an image generator, with subject, place, light, medium, palette and mood";
    case Task::intent:
      break;
  }
  return "short names of what is wanted";
}

std::string question(std::string_view intent, Task task, std::span<const int> words) {
  std::string text = "Intent: " + std::string(intent) + "\nWrite " + std::to_string(words.size()) + ' ' +
                     std::string(what(task)) + ". Words, in this order: ";
  for (std::size_t i = 0; i < words.size(); ++i) text += (i > 0 ? ", " : "") + std::to_string(words[i]);
  return text + '.';
}

// ---- reading ----

std::string_view trimmed(std::string_view text) {
  constexpr std::string_view space = " \t\r\n";
  const auto begin = text.find_first_not_of(space);
  if (begin == std::string_view::npos) return {};
  return text.substr(begin, text.find_last_not_of(space) - begin + 1);
}

// What stands behind a number or bullet, if there is one: "1. ", "2) ", "(3) ", "4: ", "- ", "* ", "• ".
std::optional<std::string_view> behind_mark(std::string_view line) {
  for (const std::string_view bullet : {"- ", "* ", "+ ", "• ", "– "}) {
    if (line.starts_with(bullet)) return line.substr(bullet.size());
  }
  while (line.starts_with('*') || line.starts_with('(') || line.starts_with('[') || line.starts_with('#'))
    line.remove_prefix(1);
  constexpr std::size_t most_digits = 3;
  std::size_t at = 0;
  while (at < line.size() && at < most_digits && text::is_digit(line[at])) ++at;
  if (at == 0 || at == line.size()) return std::nullopt;
  const std::string_view ends = ".):]*";
  if (ends.find(line[at]) == std::string_view::npos) return std::nullopt;
  while (at < line.size() && ends.find(line[at]) != std::string_view::npos) ++at;
  if (at < line.size() && line[at] != ' ') return std::nullopt;  // 1.5 litre
  return line.substr(at);
}

// "(4 words)" at either end, and "4 words:" in front.
std::string_view without_count(std::string_view text) {
  const auto is_count = [](std::string_view remark) {
    std::size_t at = 0;
    while (at < remark.size() && text::is_digit(remark[at])) ++at;
    const std::string_view unit = trimmed(remark.substr(at));
    return at > 0 && (unit == "words" || unit == "word");
  };
  if (const auto open = text.rfind('('); text.ends_with(')') && open != std::string_view::npos) {
    if (is_count(text.substr(open + 1, text.size() - open - 2))) text = trimmed(text.substr(0, open));
  }
  if (const auto close = text.find(')'); text.starts_with('(') && close != std::string_view::npos) {
    if (is_count(text.substr(1, close - 1))) text = trimmed(text.substr(close + 1));
  }
  if (const auto colon = text.find(':'); colon != std::string_view::npos && is_count(text.substr(0, colon))) {
    text = trimmed(text.substr(colon + 1));
  }
  return text;
}

std::string_view without_wrapping(std::string_view text) {
  for (bool changed = true; changed;) {
    changed = false;
    for (const auto& [open, close] : {std::pair("**", "**"), {"\"", "\""}, {"“", "”"}, {"'", "'"}, {"`", "`"}}) {
      const std::size_t size = std::string_view(open).size() + std::string_view(close).size();
      if (text.size() <= size || !text.starts_with(open) || !text.ends_with(close)) continue;
      text = trimmed(text.substr(std::string_view(open).size(), text.size() - size));
      changed = true;
    }
    while (text.ends_with('.') || text.ends_with(',')) {
      text = trimmed(text.substr(0, text.size() - 1));
      changed = true;
    }
  }
  return text;
}

std::string cleaned(std::string_view text) {
  return std::string(without_wrapping(without_count(without_wrapping(trimmed(text)))));
}

std::vector<std::string> read_array(std::string_view answer) {
  const auto begin = answer.find('['), end = answer.rfind(']');
  if (begin == std::string_view::npos || end == std::string_view::npos || end < begin) return {};
  const auto array = nlohmann::json::parse(answer.substr(begin, end - begin + 1), nullptr, /*allow_exceptions=*/false);
  std::vector<std::string> texts;
  if (!array.is_array()) return {};
  for (const auto& value : array) {
    if (!value.is_string()) return {};
    texts.push_back(value.get<std::string>());
  }
  return texts;
}

}  // namespace

std::vector<corpus::Record> choose_examples(std::span<const corpus::Record> records, std::size_t n,
                                            std::uint64_t seed) {
  // Those with the smallest hashes, which do not depend on the other records.
  std::vector<std::pair<std::uint64_t, std::size_t>> by_hash;
  for (std::size_t i = 0; i < records.size(); ++i) {
    by_hash.emplace_back(corpus::hash(records[i].intent, corpus::hash(std::to_string(seed))), i);
  }
  n = std::min(n, by_hash.size());
  std::partial_sort(by_hash.begin(), by_hash.begin() + static_cast<std::ptrdiff_t>(n), by_hash.end());
  std::vector<corpus::Record> chosen;
  for (std::size_t i = 0; i < n; ++i) chosen.push_back(records[by_hash[i].second]);
  return chosen;
}

std::vector<teacher::Message> few_shot(std::span<const corpus::Record> examples, std::string_view intent, Task task,
                                       std::span<const int> words) {
  std::vector<teacher::Message> messages = {{"system", std::string(rules)}};
  for (const corpus::Record& example : examples) {
    std::vector<int> lengths;
    std::string answer;
    for (const std::string& prompt : example.prompts[static_cast<std::size_t>(task)]) {
      lengths.push_back(static_cast<int>(text::count_words(prompt)));
      answer += (answer.empty() ? "" : "\n") + std::to_string(lengths.size()) + ". " + prompt;
    }
    messages.push_back({"user", question(example.intent, task, lengths)});
    messages.push_back({"assistant", std::move(answer)});
  }
  messages.push_back({"user", question(intent, task, words)});
  return messages;
}

std::vector<std::string> read_list(std::string_view answer, std::size_t most, bool cut) {
  std::vector<std::string> marked, others, texts = read_array(answer);
  bool last_is_marked = false;
  while (texts.empty() && !answer.empty()) {
    const std::string_view line = trimmed(answer.substr(0, answer.find('\n')));
    answer.remove_prefix(std::min(answer.find('\n'), answer.size() - 1) + 1);
    if (line.empty() || line.starts_with("```")) continue;
    const auto text = behind_mark(line);
    last_is_marked = text.has_value();
    if (text) {
      marked.emplace_back(*text);
    } else if (!line.ends_with(':')) {
      others.emplace_back(line);
    }
  }
  if (texts.empty()) {
    const bool is_marked = !marked.empty();
    texts = std::move(is_marked ? marked : others);
    if (cut && !texts.empty() && last_is_marked == is_marked) texts.pop_back();
  }
  std::vector<std::string> list;
  for (const std::string& raw : texts) {
    std::string clean = cleaned(raw);
    const bool good = text::count_words(clean) > 0 && clean.size() <= corpus::max_text_bytes;
    if (good && list.size() < most) list.push_back(std::move(clean));
  }
  return list;
}

}  // namespace updraft::eval
