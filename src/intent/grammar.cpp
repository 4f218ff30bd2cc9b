#include "intent/grammar.h"

#include <algorithm>
#include <array>

#include "corpus/rules.h"
#include "intent/understanding.h"

namespace updraft::intent {
namespace {

enum class Match { none, begun, full };

// Takes one of `words` and the space behind it off the front of `text`.
template <class Words>
Match take_word(std::string_view& text, const Words& words) {
  const std::size_t end = text.find(' ');
  const std::string_view typed = text.substr(0, end);
  if (end == std::string_view::npos) {
    const bool begins =
        std::any_of(words.begin(), words.end(), [&](std::string_view word) { return word.starts_with(typed); });
    return begins ? Match::begun : Match::none;
  }
  if (std::find(words.begin(), words.end(), typed) == words.end()) return Match::none;
  text.remove_prefix(end + 1);
  return Match::full;
}

Standing of(Match match) { return match == Match::begun ? Standing::begun : Standing::outside; }

// A word has no end, or is said three times in a row, or two of them twice: "pom pom garland" is no loop.
bool goes_in_circles(std::string_view part) {
  std::array<std::string_view, 4> last;  // words, the latest first
  for (std::string_view rest = part;;) {
    const std::size_t end = rest.find(' ');
    const std::string_view word = rest.substr(0, end);
    if (word.size() > max_word_bytes) return true;
    if (end == std::string_view::npos) return false;  // the last word may not be over
    std::rotate(last.begin(), last.end() - 1, last.end());
    last[0] = word;
    const bool again = !last[3].empty() && last[0] == last[2] && last[1] == last[3];
    if (again || (last[0] == last[1] && last[1] == last[2])) return true;
    rest.remove_prefix(end + 1);
  }
}

// Free text up to a semicolon: printable, words with one space between them.
Standing standing_of_words(std::string_view text) {
  if (text.empty()) return Standing::begun;
  if (text.size() > max_part_bytes || goes_in_circles(text)) return Standing::outside;
  if (text.front() == ' ' || text.find("  ") != std::string_view::npos) return Standing::outside;
  const bool printable =
      std::none_of(text.begin(), text.end(), [](char c) { return static_cast<unsigned char>(c) < ' ' || c == '\x7f'; });
  if (!printable) return Standing::outside;
  return text.back() == ' ' ? Standing::begun : Standing::whole;
}

}  // namespace

Standing standing(std::string_view text) {
  if (const Match goal = take_word(text, corpus::goals); goal != Match::full) return of(goal);
  if (const Match category = take_word(text, category_words()); category != Match::full) return of(category);
  std::span<const std::string_view> facets = corpus::facets;
  for (;;) {
    const std::size_t end = text.find(';');
    const Standing words = standing_of_words(text.substr(0, end));
    if (end == std::string_view::npos) return words;
    if (words != Standing::whole || facets.empty()) return Standing::outside;
    text.remove_prefix(end + 1);
    if (text.empty()) return Standing::begun;
    if (text.front() != ' ') return Standing::outside;
    text.remove_prefix(1);
    // Facets come in order, so that none comes twice.
    const std::string_view key = text.substr(0, text.find(' '));
    if (const Match facet = take_word(text, facets); facet != Match::full) return of(facet);
    facets =
        facets.subspan(static_cast<std::size_t>(std::find(facets.begin(), facets.end(), key) - facets.begin()) + 1);
  }
}

}  // namespace updraft::intent
