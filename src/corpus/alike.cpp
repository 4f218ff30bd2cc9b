#include "corpus/alike.h"

#include <algorithm>
#include <cmath>

#include "corpus/hash.h"
#include "text/unicode.h"
#include "text/utf8.h"

namespace updraft::corpus {
namespace {

// Measured on the corpus: below these, pairs begin to be different ideas that share a phrase.
constexpr double least_alike_words = 0.8;
constexpr double least_alike_shingles = 0.35;

constexpr std::array<std::string_view, 15> little_words = {"a",  "an", "the", "of", "for", "in",   "on",  "at",
                                                           "to", "by", "and", "or", "my",  "your", "with"};

bool writes_lengthwise(Task task) { return task == Task::template_ || task == Task::image; }

// Good enough to bring "logo" and "logos", "box" and "boxes", "cherry" and "cherries", "baker's" and "baker" together.
std::string without_plural(std::string word) {
  const auto ends = [&](std::string_view end) { return word.ends_with(end); };
  if (ends("'s") || ends("xes") || ends("ches") || ends("shes") || ends("sses")) {
    word.resize(word.size() - 2);
  } else if (word.size() > 3 && ends("s") && !ends("ss")) {
    word.pop_back();
  }
  if (word.size() > 3 && ends("ie")) word.pop_back();
  if (word.size() > 3 && ends("y")) word.back() = 'i';
  return word;
}

Features sorted(Features features) {
  std::sort(features.begin(), features.end());
  features.erase(std::unique(features.begin(), features.end()), features.end());
  return features;
}

bool is_constraint(std::string_view word) {
  constexpr std::array<std::string_view, 19> words = {"no",   "not",   "without", "never",  "except", "zero",  "one",
                                                      "two",  "three", "four",    "five",   "six",    "seven", "eight",
                                                      "nine", "ten",   "eleven",  "twelve", "dozen"};
  return (word[0] >= '0' && word[0] <= '9') || std::find(words.begin(), words.end(), word) != words.end();
}

// Intents that differ in a number or a negation are as unlike as can be, so that they share no feature: three kittens
// and four, with people and without.
Features intent_words(std::string_view text) {
  std::vector<std::string> constraints;
  for (std::string& word : plain_words(text)) {
    if (is_constraint(word)) constraints.push_back(std::move(word));
  }
  std::sort(constraints.begin(), constraints.end());
  std::uint64_t key = 0;
  for (const std::string& word : constraints) key = hash(word, hash(" ", key));
  Features features = content_words(text);
  for (std::uint64_t& feature : features) feature ^= key;
  return sorted(std::move(features));
}

Features features_of(Task task, std::string_view text) {
  if (task == Task::intent) return intent_words(text);
  return writes_lengthwise(task) ? shingles(text) : content_words(text);
}

}  // namespace

std::vector<std::string> plain_words(std::string_view text) {
  std::vector<std::string> words;
  std::string word;
  const auto end_word = [&] {
    while (word.ends_with('\'')) word.pop_back();
    if (!word.empty()) words.push_back(std::move(word));
    word.clear();
  };
  for (std::size_t at = 0; at < text.size();) {
    const std::size_t begin = at;
    const char32_t c = text::next_codepoint(text, at);
    const text::CharClass kind = text::char_class(c);
    if (c >= 'A' && c <= 'Z') {
      word += static_cast<char>(c - 'A' + 'a');
    } else if (kind == text::CharClass::letter || kind == text::CharClass::number || (c == '\'' && !word.empty())) {
      word += text.substr(begin, at - begin);
    } else {
      end_word();
    }
  }
  end_word();
  return words;
}

Features content_words(std::string_view text) {
  Features all, content;
  for (const std::string& word : plain_words(text)) {
    all.push_back(hash(without_plural(word)));
    if (std::find(little_words.begin(), little_words.end(), word) == little_words.end()) content.push_back(all.back());
  }
  return sorted(std::move(content.empty() ? all : content));
}

Features shingles(std::string_view text) {
  constexpr std::size_t width = 3;
  const std::vector<std::string> words = plain_words(text);
  Features features;
  for (std::size_t begin = 0; begin < words.size(); ++begin) {
    if (begin > 0 && begin + width > words.size()) break;
    std::uint64_t shingle = hash("");
    for (std::size_t i = begin; i < std::min(begin + width, words.size()); ++i) {
      shingle = hash(" ", hash(without_plural(words[i]), shingle));
    }
    features.push_back(shingle);
  }
  return sorted(std::move(features));
}

double likeness(const Features& a, const Features& b) {
  if (a.empty() || b.empty()) return 0;
  std::size_t shared = 0;
  for (auto x = a.begin(), y = b.begin(); x != a.end() && y != b.end();) {
    if (*x == *y) {
      ++shared, ++x, ++y;
    } else if (*x < *y) {
      ++x;
    } else {
      ++y;
    }
  }
  return static_cast<double>(shared) / static_cast<double>(a.size() + b.size() - shared);
}

// Two sets with a likeness of t share t times the larger one at least, so that the first n - tn + 1 of each, in one
// order for all, have one in common: only these are indexed and looked up.
std::size_t AlikeIndex::prefix(std::size_t size) const {
  if (size == 0) return 0;
  return size - static_cast<std::size_t>(std::ceil(least_ * static_cast<double>(size) - 1e-9)) + 1;
}

void AlikeIndex::add(std::size_t id, Features features) {
  for (std::size_t i = 0; i < prefix(features.size()); ++i) found_[features[i]].push_back(ids_.size());
  ids_.push_back(id);
  features_.push_back(std::move(features));
}

std::optional<Match> AlikeIndex::most_alike(const Features& features) const {
  std::vector<std::size_t> candidates;
  for (std::size_t i = 0; i < prefix(features.size()); ++i) {
    if (const auto found = found_.find(features[i]); found != found_.end()) {
      candidates.insert(candidates.end(), found->second.begin(), found->second.end());
    }
  }
  std::sort(candidates.begin(), candidates.end());
  candidates.erase(std::unique(candidates.begin(), candidates.end()), candidates.end());
  std::optional<Match> best;
  for (const std::size_t candidate : candidates) {
    const double alike = likeness(features, features_[candidate]);
    if (alike >= least_ && (!best || alike > best->likeness)) best = Match{ids_[candidate], alike};
  }
  return best;
}

AlikeTexts::AlikeTexts()
    : indexes_{AlikeIndex(least_alike_words), AlikeIndex(least_alike_words), AlikeIndex(least_alike_words),
               AlikeIndex(least_alike_shingles), AlikeIndex(least_alike_shingles)} {
  static_assert(static_cast<int>(Task::template_) == 3 && static_cast<int>(Task::image) == 4);
}

void AlikeTexts::add(Task task, std::string_view text, std::size_t id) {
  indexes_[static_cast<std::size_t>(task)].add(id, features_of(task, text));
}

std::optional<Match> AlikeTexts::most_alike(Task task, std::string_view text) const {
  return indexes_[static_cast<std::size_t>(task)].most_alike(features_of(task, text));
}

}  // namespace updraft::corpus
