#include "reward/tokens.h"

#include <array>
#include <utility>

#include "text/ascii.h"

namespace updraft::reward {
namespace {

bool is_word_byte(char c) { return text::is_digit(c) || text::is_letter(c) || static_cast<unsigned char>(c) >= 0x80; }
bool is_space(char c) { return static_cast<unsigned char>(c) <= ' '; }

// The closing mark of what opens at `at`; npos if nothing opens there. A single quote opens after a space and before a
// letter, and closes after something and before a space or punctuation.
std::size_t closing_quote(std::string_view text, std::size_t at) {
  if (text[at] == '"') return text.find('"', at + 1);
  if (text[at] != '\'') return std::string_view::npos;
  if (at > 0 && is_word_byte(text[at - 1])) return std::string_view::npos;
  if (at + 1 >= text.size() || is_space(text[at + 1])) return std::string_view::npos;
  for (std::size_t i = at + 2; i < text.size(); ++i) {
    if (text[i] == '\'' && !is_space(text[i - 1]) && (i + 1 == text.size() || !is_word_byte(text[i + 1]))) return i;
  }
  return std::string_view::npos;
}

// Calls plain(from, to) and quoted(from, to) for the parts of a text, in their order.
template <class Plain, class Quoted>
void split_quotes(std::string_view text, Plain plain, Quoted quoted) {
  std::size_t from = 0, at = 0;
  while (at < text.size()) {
    const std::size_t end = closing_quote(text, at);
    if (end == std::string_view::npos) {
      ++at;
      continue;
    }
    plain(from, at);
    quoted(at + 1, end);
    from = at = end + 1;
  }
  plain(from, text.size());
}

constexpr auto irregular_plurals = std::to_array<std::pair<std::string_view, std::string_view>>({
    {"men", "man"},
    {"women", "woman"},
    {"children", "child"},
    {"people", "person"},
    {"mice", "mouse"},
    {"geese", "goose"},
    {"feet", "foot"},
    {"teeth", "tooth"},
    {"leaves", "leaf"},
    {"loaves", "loaf"},
    {"knives", "knife"},
    {"wolves", "wolf"},
    {"shelves", "shelf"},
    {"scarves", "scarf"},
    {"halves", "half"},
    {"movies", "movie"},
    {"cookies", "cookie"},
    {"selfies", "selfie"},
});
constexpr std::string_view same_plurals = "sheep fish deer koi swans dice";

constexpr std::string_view function_words =
    "a an the and or nor but with without of for from in into on onto at by to under over above below near "
    "between among than as that which who while where when its his her their your our my is are be was were "
    "it they them this these those beside through across around against behind toward towards inside outside "
    "along after before beneath beyond up down off out like so if not no per via each every both all some i "
    "you we do does about";

constexpr std::string_view negators =
    "no not without non never nor minus instead nothing nobody none avoid zero isn't aren't don't doesn't "
    "rather except lacking empty free anti neither";

}  // namespace

std::vector<Token> tokens_of(std::string_view text) {
  std::vector<Token> tokens;
  bool starts_clause = true;
  const auto read = [&](std::size_t from, std::size_t to) {
    for (std::size_t at = from; at < to;) {
      if (!is_word_byte(text[at])) {
        // Signs between a number's digits or within a word break nothing.
        if (std::string_view(",;.:()!?\"|").find(text[at]) != std::string_view::npos) starts_clause = true;
        if ((text[at] == '-' || text[at] == '+') && at > from && is_space(text[at - 1])) starts_clause = true;
        ++at;
        continue;
      }
      Token& token = tokens.emplace_back();
      token.starts_clause = starts_clause;
      starts_clause = false;
      if (at > from && !is_space(text[at - 1])) {
        token.hyphenated = text[at - 1] == '-' && at >= from + 2 && is_word_byte(text[at - 2]);
        token.glued_before = std::string_view(",;(\"'-").find(text[at - 1]) == std::string_view::npos;
      }
      // An apostrophe inside a word belongs to it.
      while (at < to && (is_word_byte(text[at]) || (text[at] == '\'' && at + 1 < to && is_word_byte(text[at + 1])))) {
        token.word.push_back(text::lower(text[at++]));
      }
      if (token.word.ends_with("'s")) {
        token.word.resize(token.word.size() - 2);
        token.possessive = true;
      } else if (at < to && text[at] == '\'' && token.word.ends_with('s')) {
        token.possessive = true;
      }
      if (at < to && !is_space(text[at])) {
        const bool at_end = at + 1 >= to || is_space(text[at + 1]);
        token.glued_after = text[at] == '%' || (!at_end && text[at] != '-' && text[at] != '\'');
      }
      token.stem = singular(token.word);
    }
  };
  split_quotes(text, read, [&](std::size_t, std::size_t) { starts_clause = true; });
  return tokens;
}

std::vector<Token> all_tokens_of(std::string_view text) {
  std::string plain(text);
  std::replace(plain.begin(), plain.end(), '\'', ' ');
  std::replace(plain.begin(), plain.end(), '"', ' ');
  return tokens_of(plain);
}

std::vector<std::string> quotes_of(std::string_view text) {
  std::vector<std::string> quotes;
  split_quotes(
      text, [](std::size_t, std::size_t) {},
      [&](std::size_t from, std::size_t to) { quotes.emplace_back(text.substr(from, to - from)); });
  return quotes;
}

std::string singular(std::string_view word) {
  for (const auto& [plural, one] : irregular_plurals) {
    if (word == plural) return std::string(one);
  }
  const auto drop = [&](std::size_t n) { return std::string(word.substr(0, word.size() - n)); };
  if (word.size() < 4 || !word.ends_with('s')) return std::string(word);
  if (word.ends_with("ies") && word.size() > 4) return drop(3) + 'y';
  for (const std::string_view ending : {"sses", "shes", "ches", "xes", "zes"}) {
    if (word.ends_with(ending)) return drop(2);
  }
  for (const std::string_view ending : {"ss", "us", "is"}) {
    if (word.ends_with(ending)) return std::string(word);
  }
  return drop(1);
}

bool contains(std::string_view list, std::string_view word) {
  if (word.empty()) return false;
  for (std::size_t at = list.find(word); at != std::string_view::npos; at = list.find(word, at + 1)) {
    const std::size_t end = at + word.size();
    if ((at == 0 || list[at - 1] == ' ') && (end == list.size() || list[end] == ' ')) return true;
  }
  return false;
}

bool is_plural(std::string_view word) { return singular(word) != word || contains(same_plurals, word); }
bool is_function_word(std::string_view word) { return contains(function_words, word); }
bool is_negator(std::string_view word) { return contains(negators, word); }

}  // namespace updraft::reward
