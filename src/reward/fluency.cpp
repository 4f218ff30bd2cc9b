#include "reward/fluency.h"

#include <algorithm>
#include <cstddef>
#include <map>

#include "reward/tokens.h"
#include "text/phrase.h"
#include "text/utf8.h"
#include "text/words.h"

namespace updraft::reward {
namespace {

// Words that praise the picture instead of describing it; a heap of them is the best known way to please a scorer.
constexpr std::string_view praise =
    "masterpiece 4k 8k hd uhd hdr stunning beautiful gorgeous amazing awesome epic perfect best ultra hyper "
    "hyperrealistic photorealistic intricate trending artstation award winning breathtaking incredible premium "
    "professional unique trendy";
constexpr std::string_view determiners = "a an the my your our their its";
// What never comes right after one.
constexpr std::string_view never_after_determiner =
    "a an the of in on at by for from with and or but is are as than into onto over under";
constexpr std::string_view prepositions = "of with for from at into onto";
// "four puppies, one asleep, one chewing": lists may say these again.
constexpr std::string_view counting = "one two three four five six once other another";
// Ends of a picture's text that are adverbs there ("a blurred cafe behind"), though openers elsewhere.
constexpr std::string_view places = "above behind beside between across inside around through under over beneath";
constexpr std::string_view conjunctions = "and or but nor";

bool is_brief(Task task) { return task == Task::query || task == Task::related; }

struct Reader {
  Fluency result;
  void problem(double factor, std::string what) {
    result.value *= factor;
    result.problems.push_back(std::move(what));
  }
};

// Bytes that no prompt needs: control characters, markup, damaged UTF-8.
bool has_odd_characters(std::string_view text) {
  if (!text::is_valid_utf8(text) || text.find("\xEF\xBF\xBD") != std::string_view::npos) return true;
  return std::any_of(text.begin(), text.end(), [](char c) {
    return static_cast<unsigned char>(c) < ' ' ||
           std::string_view("<>|{}[]\\^~`=_*@").find(c) != std::string_view::npos;
  });
}

bool has_odd_punctuation(std::string_view text) {
  for (std::size_t i = 0; i + 1 < text.size(); ++i) {
    const bool mark = std::string_view(",.!?:").find(text[i]) != std::string_view::npos;
    const bool mark_next = std::string_view(",.!?:").find(text[i + 1]) != std::string_view::npos;
    if ((mark && mark_next) || (text[i] == ' ' && (mark_next || text[i + 1] == ' '))) return true;
  }
  return !text.empty() && (text.front() == ' ' || text.back() == ' ' || text.front() == ',');
}

void check_form(Task task, std::string_view text, std::size_t n_words, Reader& reader) {
  const WordRange range = trained_words(task);
  const auto min = static_cast<std::size_t>(range.min), max = static_cast<std::size_t>(range.max);
  if (n_words < min) reader.problem(0.7, "is too short");
  if (n_words > max) {
    const auto over = static_cast<double>(n_words - max) / static_cast<double>(max);
    reader.problem(std::max(0.3, 0.8 - over), "is too long");
  }
  // No prompt of the corpus ends with a full stop: they are phrases, not sentences.
  const char last = text.back();
  if (last == '.' || last == '!' || last == '?') reader.problem(is_brief(task) ? 0.6 : 0.9, "ends like a sentence");
  const std::size_t sentence = text.find(". ");
  if (is_brief(task) && (sentence != std::string_view::npos || text.find(':') != std::string_view::npos)) {
    reader.problem(0.6, "is more than a phrase");
  }
  // A query is typed in one go; lists belong to longer texts.
  if (is_brief(task) && std::count(text.begin(), text.end(), ',') >= 2) reader.problem(0.6, "is a list");
}

// The same word again and again. Of the corpus' queries and related ideas 0.1 % say a word twice; of the templates 6 %,
// of the pictures 12 %, which say one twice more in about every twenty words at most.
void check_repetition(Task task, const std::vector<Token>& tokens, Reader& reader) {
  std::map<std::string_view, int> counts;
  for (const Token& token : tokens) {
    if (!is_function_word(token.word) && !contains(counting, token.word)) ++counts[token.stem];
  }
  int again = 0, most = 1;
  std::string_view most_said;
  for (const auto& [stem, n] : counts) {
    again += n - 1;
    if (n > most) most = n, most_said = stem;
  }
  const int allowed = is_brief(task) ? 0 : 1 + static_cast<int>(tokens.size()) / 20;
  if (again > allowed) {
    reader.problem(std::max(0.2, 1 - 0.25 * (again - allowed)), "says \"" + std::string(most_said) + "\" again");
  }
  if (most >= 4 || (most >= 3 && tokens.size() < 12)) {
    reader.problem(0.5, "says \"" + std::string(most_said) + "\" " + std::to_string(most) + " times");
  }
}

// Nouns in a heap: a phrase of eight words has something in it that ties them, a preposition, an article, a verb. 99 %
// of the corpus' prompts of that length have (at least 7 % of their words).
void check_stuffing(const std::vector<Token>& tokens, Reader& reader) {
  const std::size_t n = tokens.size();
  const auto ties = std::count_if(tokens.begin(), tokens.end(), [](const Token& token) {
    return is_function_word(token.word) || is_negator(token.word) || token.hyphenated ||
           (token.word.size() > 4 && (token.word.ends_with("ing") || token.word.ends_with("ed")));
  });
  const auto clauses =
      std::count_if(tokens.begin(), tokens.end(), [](const Token& token) { return token.starts_clause; });
  const bool bare = clauses <= 1 || 2 * static_cast<std::size_t>(clauses) > n;  // no commas, or a comma a word
  if (n >= 8 && ties == 0) {
    reader.problem(bare || n >= 16 ? 0.3 : 0.7, "is a heap of keywords");
  } else if (n >= 16 && static_cast<double>(ties) < 0.06 * static_cast<double>(n)) {
    reader.problem(0.5, "is little more than keywords");
  }
  const auto praises =
      std::count_if(tokens.begin(), tokens.end(), [](const Token& token) { return contains(praise, token.word); });
  if (praises >= 2) reader.problem(praises >= 3 ? 0.4 : 0.8, "praises itself");
}

// Words in an order that no phrase has.
void check_order(const std::vector<Token>& tokens, Reader& reader) {
  for (std::size_t i = 0; i + 1 < tokens.size(); ++i) {
    const std::string &word = tokens[i].word, &next = tokens[i + 1].word;
    const bool broken_off = tokens[i + 1].starts_clause;
    const bool dangles = contains(determiners, word) && contains(never_after_determiner, next) &&
                         !tokens[i + 1].hyphenated && !broken_off;
    const bool collides = !broken_off && ((contains(conjunctions, word) && contains(conjunctions, next)) ||
                                          (contains(prepositions, word) && contains(prepositions, next)) ||
                                          (contains(prepositions, word) && contains(conjunctions, next)));
    if (dangles || collides) {
      std::string phrase = word;
      phrase.append(" ").append(next);
      return reader.problem(0.4, '"' + phrase + "\" is no phrase");
    }
  }
}

}  // namespace

Fluency fluency(Task task, std::string_view prompt) {
  Reader reader;
  const std::size_t n_words = text::count_words(prompt);
  if (n_words == 0) return {0, {"is empty"}};
  const std::vector<Token> tokens = tokens_of(prompt);
  if (!text::is_whole(prompt)) {
    const bool adverb = !is_brief(task) && !tokens.empty() && contains(places, tokens.back().word);
    if (!adverb) reader.problem(0.2, "ends in the middle");
  }
  if (text::loops(prompt)) reader.problem(0.3, "loops");
  if (has_odd_characters(prompt)) reader.problem(0.3, "has odd characters");
  if (has_odd_punctuation(prompt)) reader.problem(0.7, "has odd punctuation");
  if (std::any_of(tokens.begin(), tokens.end(), [](const Token& token) { return token.word.size() > 30; })) {
    reader.problem(0.5, "has a word without end");
  }
  check_form(task, prompt, n_words, reader);
  check_repetition(task, tokens, reader);
  check_stuffing(tokens, reader);
  check_order(tokens, reader);
  return std::move(reader.result);
}

}  // namespace updraft::reward
