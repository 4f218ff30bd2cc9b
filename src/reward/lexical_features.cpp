#include "reward/lexical_features.h"

#include <algorithm>
#include <cmath>
#include <utility>

namespace updraft::reward {
namespace {

template <class Set>
double share_in(const Set& some, const Set& all) {
  if (some.empty()) return 0;
  const auto n = std::count_if(some.begin(), some.end(),
                               [&](const auto& one) { return std::find(all.begin(), all.end(), one) != all.end(); });
  return static_cast<double>(n) / static_cast<double>(some.size());
}

double share_in(const std::set<std::string>& some, const std::set<std::string>& all) {
  if (some.empty()) return 0;
  const auto n = std::count_if(some.begin(), some.end(), [&](const std::string& one) { return all.contains(one); });
  return static_cast<double>(n) / static_cast<double>(some.size());
}

// 0..1 for 0..about 100 words.
double length_of(std::size_t words) { return std::min(1.0, std::log1p(static_cast<double>(words)) / std::log(100.0)); }

// Words of the longest run that both have.
std::size_t longest_shared_run(std::span<const Token> a, std::span<const Token> b) {
  std::vector<std::size_t> ending_here(b.size() + 1);
  std::size_t longest = 0;
  for (const Token& token : a) {
    for (std::size_t j = b.size(); j > 0; --j) {
      ending_here[j] = token.stem == b[j - 1].stem ? ending_here[j - 1] + 1 : 0;
      longest = std::max(longest, ending_here[j]);
    }
  }
  return longest;
}

// The last content word before the first pause or function word behind one: "poster" of "red poster for a fair".
std::string head_of(std::span<const Token> tokens) {
  std::string head;
  for (const Token& token : tokens) {
    if (!head.empty() && (token.starts_clause || is_function_word(token.word))) break;
    if (!is_function_word(token.word)) head = token.stem;
  }
  return head;
}

}  // namespace

LexicalReader::Text LexicalReader::read(std::string_view text) {
  Text read;
  read.tokens = all_tokens_of(text);
  read.numbers = numbers_of(read.tokens);
  std::sort(read.numbers.begin(), read.numbers.end());
  read.numbers.erase(std::unique(read.numbers.begin(), read.numbers.end()), read.numbers.end());
  for (const Token& token : read.tokens) {
    const std::string& word = token.word;
    if (is_negator(word)) read.denies = true;
    if (word[0] >= '0' && word[0] <= '9') read.digits.insert(word);
    if (is_function_word(word)) continue;
    read.content.push_back(token.stem);
    read.stems.insert(token.stem);
    const std::string framed = ' ' + token.stem + ' ';
    for (std::size_t i = 0; i + 3 <= framed.size(); ++i) read.trigrams.insert(framed.substr(i, 3));
  }
  return read;
}

LexicalReader::LexicalReader(std::string_view intent) : LexicalReader(intent, read_constraints(intent)) {}

LexicalReader::LexicalReader(std::string_view intent, Constraints stated)
    : constraints_(std::move(stated)), intent_(read(intent)), head_(head_of(intent_.tokens)) {}

LexicalFeatures LexicalReader::of(Task task, std::string_view text) const {
  return of(task, text, check(constraints_, task, text));
}

LexicalFeatures LexicalReader::of(Task task, std::string_view text, const ConstraintCheck& checked) const {
  const Text prompt = read(text);
  LexicalFeatures features = {};
  const auto set = [&](LexicalFeature feature, double value) {
    features[static_cast<std::size_t>(feature)] = static_cast<float>(value);
  };
  using enum LexicalFeature;

  set(intent_words, length_of(intent_.tokens.size()));
  set(prompt_words, length_of(prompt.tokens.size()));
  set(kept, share_in(intent_.stems, prompt.stems));
  set(kept_head, prompt.stems.contains(head_) ? 1 : 0);
  const double said_before = share_in(prompt.stems, intent_.stems);
  set(old, said_before);
  set(adds_nothing, prompt.stems.empty() || said_before == 1 ? 1 : 0);
  const auto run = static_cast<double>(longest_shared_run(intent_.tokens, prompt.tokens));
  set(longest_run, intent_.tokens.empty() ? 0 : run / static_cast<double>(intent_.tokens.size()));
  const auto n_content = static_cast<double>(prompt.content.size());
  set(repeats_itself, prompt.content.empty() ? 0 : 1 - static_cast<double>(prompt.stems.size()) / n_content);
  const auto n_trigrams = static_cast<double>(intent_.trigrams.size() + prompt.trigrams.size());
  const double shared = share_in(intent_.trigrams, prompt.trigrams) * static_cast<double>(intent_.trigrams.size());
  set(letters, n_trigrams > 0 ? 2 * shared / n_trigrams : 0);

  const bool asks_number = !intent_.numbers.empty(), has_number = !prompt.numbers.empty();
  set(number_asked, asks_number ? 1 : 0);
  set(number_kept, share_in(intent_.numbers, prompt.numbers));
  set(number_other, asks_number && has_number ? 1 - share_in(prompt.numbers, intent_.numbers) : 0);
  set(number_new, !asks_number && has_number ? 1 : 0);
  set(digits_kept, share_in(intent_.digits, prompt.digits));
  set(digits_other,
      !intent_.digits.empty() && !prompt.digits.empty() ? 1 - share_in(prompt.digits, intent_.digits) : 0);

  Hues wanted = 0;
  for (const Colour& colour : constraints_.colours) wanted |= colour.hues;
  const Hues hinted = hinted_hues(prompt.tokens);
  double n_kept = 0, n_other = 0;
  for (const Colour& colour : constraints_.colours) n_kept += (colour.hues & hinted) != 0 ? 1 : 0;
  const std::vector<Colour> said = colours_of(prompt.tokens);
  for (const Colour& colour : said) n_other += (colour.hues & wanted) == 0 ? 1 : 0;
  const auto n_asked = static_cast<double>(constraints_.colours.size());
  set(colour_asked, n_asked > 0 ? 1 : 0);
  set(colour_kept, n_asked > 0 ? n_kept / n_asked : 0);
  set(colour_other, n_asked > 0 && !said.empty() ? n_other / static_cast<double>(said.size()) : 0);
  set(colour_new, n_asked == 0 && !said.empty() ? 1 : 0);

  set(denies_in_intent, intent_.denies ? 1 : 0);
  set(denies_in_prompt, prompt.denies ? 1 : 0);
  for (const Negation& negation : constraints_.negations) {
    if (is_about(negation, task) && !named(negation, prompt.tokens).empty()) set(names_banned, 1);
  }

  if (!constraints_.audience.empty()) {
    set(audience_asked, 1);
    for (const Group group : groups_hinted(prompt.tokens)) {
      if (contains(constraints_.audience, group)) set(audience_kept, 1);
    }
    for (const Group group : groups_addressed(prompt.tokens, task != Task::image)) {
      for (const Group asked : constraints_.audience) {
        if (exclude_each_other(group, asked)) set(audience_other, 1);
      }
    }
  }

  const double stated = std::max(1, checked.stated);
  set(constraints_kept, checked.kept / stated);
  set(constraints_missed, checked.missed / stated);
  set(constraints_broken, checked.broken / stated);
  return features;
}

}  // namespace updraft::reward
