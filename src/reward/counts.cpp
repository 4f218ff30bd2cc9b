#include "reward/counts.h"

#include <algorithm>
#include <array>
#include <optional>

namespace updraft::reward {
namespace {

struct Number {
  std::string_view word;
  int n;
};
constexpr auto numbers = std::to_array<Number>({
    {"one", 1},
    {"two", 2},
    {"three", 3},
    {"four", 4},
    {"five", 5},
    {"six", 6},
    {"seven", 7},
    {"eight", 8},
    {"nine", 9},
    {"ten", 10},
    {"eleven", 11},
    {"twelve", 12},
    {"twenty", 20},
    {"dozen", 12},
});
// Words that have a number in them.
constexpr auto groups = std::to_array<Number>({
    {"single", 1},  {"lone", 1},    {"solo", 1},    {"alone", 1},  {"sole", 1},       {"solitary", 1},
    {"pair", 2},    {"couple", 2},  {"duo", 2},     {"both", 2},   {"twin", 2},       {"double", 2},
    {"diptych", 2}, {"second", 2},  {"other", 2},   {"trio", 3},   {"triple", 3},     {"triptych", 3},
    {"third", 3},   {"trifold", 3}, {"quartet", 4}, {"fourth", 4}, {"quadruplet", 4}, {"quintet", 5},
    {"fifth", 5},   {"sextet", 6},  {"hexagon", 6}, {"sixth", 6},  {"seventh", 7},    {"half-dozen", 6},
});
// What is counted without being seen.
constexpr std::string_view measures =
    "year yr month week day hour minute min second sec am pm oclock cm mm m px km mile kg g lb oz inch ft "
    "foot percent dollar buck euro pound cent guest time degree generation person st minutes season night k "
    "step tip attendee serving class place word hundred thousand million colour color tone peso origin rupee";
// Parts that are named in the singular: "2 tier cake", "four panel comic".
constexpr std::string_view parts = "tier panel column layer page slide piece arm frame";
// A number after these counts nothing: "class of 12", "ages 4", "room 5".
constexpr std::string_view labels =
    "age aged grade number no level route line size since room week day class turning turns chapter episode "
    "part under over phase";
// "Of 3" after these counts what is to be seen.
constexpr std::string_view pictures =
    "pic picture photo photograph image drawing sketch illustration painting portrait shot icon clipart vector scene";

std::optional<int> number(const Token& token) {
  for (const Number& entry : numbers) {
    if (entry.word == token.word) return entry.n;
  }
  if (token.word.empty() || token.word.size() > 2) return std::nullopt;
  int n = 0;
  for (const char c : token.word) {
    if (c < '0' || c > '9') return std::nullopt;
    n = n * 10 + (c - '0');
  }
  return n > 0 && n <= max_count ? std::optional(n) : std::nullopt;
}

bool is_digits(const Token& token) { return !token.word.empty() && token.word[0] >= '0' && token.word[0] <= '9'; }

}  // namespace

std::vector<Count> counts_of(std::span<const Token> tokens) {
  const std::size_t n = tokens.size();
  const auto same_clause = [&](std::size_t i) { return i < n && !tokens[i].starts_clause; };
  std::vector<Count> counts;
  for (std::size_t i = 0; i < n; ++i) {
    std::optional<int> value = number(tokens[i]);
    std::size_t next = i + 1;
    const bool exact = i > 0 && same_clause(i) && (tokens[i - 1].word == "exactly" || tokens[i - 1].word == "only");
    bool sure = value.has_value() && (*value > 1 || exact);
    if (!value && tokens[i].word == "single" && same_clause(next)) value = 1, sure = true;
    if (!value && (tokens[i].word == "pair" || tokens[i].word == "trio") && same_clause(next) &&
        tokens[next].word == "of") {
      value = tokens[i].word == "pair" ? 2 : 3;
      sure = true;
      ++next;
    }
    if (!value) continue;
    if (is_digits(tokens[i]) && (tokens[i].glued_before || tokens[i].glued_after || tokens[i].hyphenated)) continue;
    if (i > 0 && same_clause(i) && (contains(labels, tokens[i - 1].stem) || tokens[i - 1].hyphenated)) continue;
    // "set of six vegetables", "set of three"
    const bool of_set = i >= 2 && same_clause(i) && tokens[i - 1].word == "of" &&
                        (tokens[i - 2].stem == "set" || tokens[i - 2].stem == "row" || tokens[i - 2].stem == "pack");
    // "class of 26", but "photo of 3 cats"
    const bool of_picture = i >= 2 && same_clause(i) && contains(pictures, tokens[i - 2].stem);
    if (is_digits(tokens[i]) && i >= 1 && same_clause(i) && tokens[i - 1].word == "of" && !of_set && !of_picture)
      continue;
    std::string thing;
    bool measured = false;
    for (std::size_t at = next; at < next + 4 && same_clause(at); ++at) {
      const Token& token = tokens[at];
      if (is_function_word(token.word) || is_digits(token) || number(token)) break;
      if (contains(measures, token.stem)) measured = true;
      if (measured) break;
      if (contains(parts, token.word)) {
        thing = token.word;
        break;
      }
      if (*value == 1) {
        thing = token.stem;  // the last word before the phrase ends; sure only if the noun is near
        if (at >= next + 2) break;
      } else if (is_plural(token.word)) {
        thing = token.stem;
        break;
      }
    }
    if (measured || !sure) continue;
    if (thing.empty() && !(of_set && !same_clause(next))) continue;
    if (thing.empty() && *value == 1) continue;
    counts.push_back({*value, thing});
  }
  return counts;
}

std::vector<int> numbers_of(std::span<const Token> tokens) {
  std::vector<int> all;
  for (const Token& token : tokens) {
    if (const auto n = number(token)) all.push_back(*n);
    for (const Number& group : groups) {
      if (group.word == token.stem) all.push_back(group.n);
    }
  }
  return all;
}

}  // namespace updraft::reward
