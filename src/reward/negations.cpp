#include "reward/negations.h"

#include <algorithm>
#include <array>

#include "reward/colours.h"

namespace updraft::reward {
namespace {

// "no longer", "no idea", "not too", "no bake", "no cap" (no lie): nothing is banned.
constexpr std::string_view idle =
    "longer matter one more way need idea bake knead sew code show too just only very so yet sure even "
    "always really that to here right left much thing things hassle fuss fee cost risk deposit problem "
    "overlapping from want cap biggie rush offense offence joke lie doubt clue pressure kidding prob lol";
// Words after what is banned that say where or how, not what.
constexpr std::string_view trailing =
    "please plz thx asap tho shown show visible anywhere allowed there showing needed required inside version look "
    "style "
    "imagery image stuff feel thanks pls cliche drawing photo picture motif just but only vibe";
// Words before it that say which, not what.
constexpr std::string_view leading = "any real other visible big many extra added human such actual single";
// On a sign the ban itself is what is to be seen.
constexpr std::string_view notices = "sign allowed entry zone policy notice rule please parking";
// "sugar free": after these, "free" is no price; after others it is a way to speak ("phone-free weekend").
constexpr std::string_view free_of =
    "sugar gluten dairy lactose egg nut peanut alcohol fragrance meat plastic grain caffeine wheat soy "
    "people text";

// What is banned first, then what shows it as well; in the singular.
constexpr std::string_view text_words = "text lettering word letter caption typography headline writing slogan";
constexpr auto synonyms = std::to_array<std::string_view>({
    "person man woman child kid girl boy crowd couple human family figure model",
    text_words,
    "alcohol alcoholic beer wine whisky whiskey vodka gin rum champagne prosecco",
    "meat beef pork chicken bacon ham sausage steak lamb turkey",
    "cartoon cartoony cartoonish",
    "skull skeleton",
    "photo photograph photography",
});

// What else shows what is banned, except for what the intent itself speaks of: "alcohol-free beer" shows beer.
std::vector<std::string> synonyms_of(std::string_view banned, std::span<const Token> intent) {
  std::vector<std::string> others;
  for (const std::string_view row : synonyms) {
    if (!row.starts_with(banned) || !contains(row, banned)) continue;
    for (const Token& token : tokens_of(row)) {
      const bool spoken_of =
          std::any_of(intent.begin(), intent.end(), [&](const Token& said) { return said.stem == token.word; });
      if (!spoken_of) others.push_back(token.word);
    }
  }
  return others;
}

bool means(std::string_view banned, const Token& token) {
  if (token.stem == banned) return true;
  const Hues hues = hues_of(banned);
  return hues != 0 && hues_of(token.word) == hues;
}

// These deny what comes next; "no" denies a whole list.
constexpr std::string_view weak_negators = "empty free instead rather except zero lacking avoid";
constexpr std::string_view denials = "free less crossed removed prohibited forbidden struck absent gone banned out";

// Nothing of the text from `at` to `at + n` is there: a negation stands before it or after it.
bool denied(std::span<const Token> tokens, std::size_t at, std::size_t n) {
  const std::size_t first = at >= 10 ? at - 10 : 0;
  for (std::size_t i = at; i-- > first;) {
    if (contains(weak_negators, tokens[i].word) && (at - i > 5 || tokens[at].starts_clause)) continue;
    if (is_negator(tokens[i].word) || tokens[i].word == "crossed" || tokens[i].word == "prohibition") return true;
  }
  for (std::size_t i = at + n; i < std::min(tokens.size(), at + n + 3); ++i) {
    if (contains(denials, tokens[i].word)) return true;
  }
  return false;
}

// "for kids", "space for text": for somebody, not to be seen; or denied.
bool excused(std::span<const Token> tokens, std::size_t at, std::size_t n) {
  if (at + n < tokens.size() && tokens[at + n].hyphenated) return true;  // "hand-drawn" shows no hands
  const bool after = at > 0 && !tokens[at].starts_clause;
  return (after && (tokens[at - 1].word == "for" || tokens[at - 1].word == "like")) || denied(tokens, at, n);
}

// The words of "no <...>" from `at`: up to the end of the clause, a function word or three words.
Negation read_banned(std::span<const Token> tokens, std::size_t at, std::string_view negator) {
  Negation negation;
  negation.words = negator;
  const std::size_t most = negator == "not" ? 1 : 3;  // "not scary halloween" bans what is scary
  for (std::size_t i = at; i < tokens.size() && negation.banned.size() < most; ++i) {
    const Token& token = tokens[i];
    if (i > at && token.starts_clause) break;
    if (is_function_word(token.word) || is_negator(token.word)) break;
    if (!negation.banned.empty() && contains(trailing, token.word)) break;
    if (negator != "not" && contains(leading, token.word) && i + 1 < tokens.size() && !tokens[i + 1].starts_clause)
      continue;
    if (i + 1 < tokens.size() && tokens[i + 1].word == "of") return {};  // "no photos of people" bans a part of them
    negation.words += ' ' + token.word;
    negation.banned.push_back(token.stem);
  }
  return negation;
}

bool is_notice(std::span<const Token> tokens) {
  return std::any_of(tokens.begin(), tokens.end(), [](const Token& token) { return contains(notices, token.stem); });
}

}  // namespace

std::vector<Negation> negations_of(std::span<const Token> tokens) {
  std::vector<Negation> negations;
  const auto same_clause = [&](std::size_t i) { return i < tokens.size() && !tokens[i].starts_clause; };
  const auto add = [&](std::size_t at, std::string_view negator) {
    if (contains(idle, tokens[at].word)) return;
    const std::string& word = tokens[at].word;
    if (at == 1 && word.ends_with("ing")) return;  // "no smoking" says it all
    if (tokens[at].word[0] >= '0' && tokens[at].word[0] <= '9') return;
    Negation negation = read_banned(tokens, at, negator);
    if (negation.banned.empty()) return;
    if (negation.banned.size() == 1) negation.synonyms = synonyms_of(negation.banned[0], tokens);
    if (is_notice(tokens) && hues_of(negation.banned[0]) == 0 && negation.synonyms.empty()) return;
    negations.push_back(std::move(negation));
  };
  for (std::size_t i = 0; i < tokens.size(); ++i) {
    const std::string& word = tokens[i].word;
    if ((word == "no" || word == "without" || word == "not" || word == "non") && same_clause(i + 1)) {
      add(i + 1, word);
      // "no text or logos", "no red and no pink" (the second "no" is found by itself)
      for (std::size_t at = i + 1; same_clause(at) && at < i + 5; ++at) {
        if ((tokens[at].word == "or" || tokens[at].word == "nor") && same_clause(at + 1)) add(at + 1, word);
      }
    }
    if (word == "free" && i > 0 && same_clause(i) && contains(free_of, tokens[i - 1].word)) {
      negations.push_back(
          {tokens[i - 1].word + "-free", {tokens[i - 1].stem}, synonyms_of(tokens[i - 1].stem, tokens)});
    }
  }
  return negations;
}

std::string named(const Negation& negation, std::span<const Token> tokens) {
  for (std::size_t at = 0; at < tokens.size(); ++at) {
    if (contains(negation.synonyms, tokens[at].stem) && !tokens[at].possessive && !excused(tokens, at, 1)) {
      return tokens[at].word;
    }
  }
  const std::size_t n = negation.banned.size();
  for (std::size_t at = 0; at + n <= tokens.size(); ++at) {
    std::string words;
    bool all = true;
    for (std::size_t i = 0; i < n && all; ++i) {
      const Token& token = tokens[at + i];
      all = means(negation.banned[i], token) && !(i > 0 && token.starts_clause) && !token.possessive;
      words += (i > 0 ? " " : "") + token.word;
    }
    if (all && !excused(tokens, at, n)) return words;
  }
  return "";
}

bool is_about(const Negation& negation, Task task) {
  if (negation.banned.size() != 1) return true;
  const std::string& banned = negation.banned[0];
  if (banned == "photo") return task != Task::image;
  return task == Task::image || !contains(text_words, banned);
}

}  // namespace updraft::reward
