#include "learn/negatives.h"

#include <algorithm>
#include <optional>

#include "reward/constraints.h"
#include "reward/tokens.h"
#include "text/ascii.h"

namespace updraft::learn {
namespace {

using reward::Token;

constexpr auto flaw_names = std::to_array<std::string_view>(
    {"near", "category", "random", "colour", "count", "negation", "audience", "subject", "echo", "stuffing", "ending"});
static_assert(flaw_names.size() == flaw_count);

constexpr auto palette = std::to_array<std::string_view>({"red", "orange", "yellow", "green", "blue", "purple", "pink",
                                                          "brown", "black", "white", "grey", "navy", "teal", "beige"});
constexpr auto number_words = std::to_array<std::string_view>(
    {"zero", "one", "two", "three", "four", "five", "six", "seven", "eight", "nine", "ten", "eleven", "twelve"});
constexpr auto selling = std::to_array<std::string_view>(
    {"sale", "banner", "deal", "best", "free", "vector", "hd", "template", "idea", "cheap", "design", "new"});

bool is_word_byte(char c) {
  return (c >= '0' && c <= '9') || (text::lower(c) >= 'a' && text::lower(c) <= 'z') ||
         static_cast<unsigned char>(c) >= 0x80;
}

template <class All>
const auto& one_of(const All& all, decode::Random& random) {
  return all[random.below(all.size())];
}

std::optional<std::string> with_other_colour(const reward::Constraints& stated, std::string_view prompt,
                                             const std::vector<Token>& tokens, decode::Random& random) {
  reward::Hues wanted = 0;
  for (const reward::Colour& colour : stated.colours) wanted |= colour.hues;
  std::vector<std::string> said;
  for (const reward::Colour& colour : reward::colours_of(tokens)) {
    if ((colour.hues & wanted) != 0) said.push_back(colour.name);
  }
  std::vector<std::string_view> others;
  for (const std::string_view colour : palette) {
    if ((reward::hues_of(colour) & wanted) == 0) others.push_back(colour);
  }
  if (said.empty() || others.empty()) return std::nullopt;
  return with_word(prompt, one_of(said, random), one_of(others, random));
}

std::optional<std::string> with_other_count(const reward::Constraints& stated, std::string_view prompt,
                                            const std::vector<Token>& tokens, decode::Random& random) {
  for (const reward::Count& count : stated.counts) {
    if (count.n < 2) continue;
    for (const Token& token : tokens) {
      const auto numbers = reward::numbers_of(std::span(&token, 1));
      if (numbers.size() != 1 || numbers[0] != count.n) continue;
      const bool is_word = std::find(number_words.begin(), number_words.end(), token.word) != number_words.end();
      if (!is_word && (token.word[0] < '0' || token.word[0] > '9')) continue;
      int other = count.n;
      while (other == count.n || other < 2) other = count.n - 3 + static_cast<int>(random.below(7));
      const auto place = static_cast<std::size_t>(other);
      const bool as_word = is_word && place < number_words.size();
      return with_word(prompt, token.word, as_word ? std::string(number_words[place]) : std::to_string(other));
    }
  }
  return std::nullopt;
}

// Content words of the prompt that the intent says too, other than colours and numbers.
std::vector<std::string> shared_things(const std::vector<Token>& intent, const std::vector<Token>& prompt) {
  std::vector<std::string> things;
  for (const Token& token : prompt) {
    const bool is_thing = !reward::is_function_word(token.word) && !reward::is_negator(token.word) &&
                          reward::hues_of(token.stem) == 0 && reward::numbers_of(std::span(&token, 1)).empty();
    const bool shared = std::any_of(intent.begin(), intent.end(), [&](const Token& t) { return t.stem == token.stem; });
    if (is_thing && shared) things.push_back(token.word);
  }
  return things;
}

std::optional<std::string> with_other_negation(const reward::Constraints& stated, Task task, std::string_view prompt,
                                               const std::vector<std::string>& things, decode::Random& random) {
  const std::string_view joint = task == Task::query || task == Task::related ? " with " : ", with ";
  for (const reward::Negation& negation : stated.negations) {
    if (!reward::is_about(negation, task)) continue;
    for (const auto& [negator, assent] : {std::pair{"without", "with"}, {"no", "with"}, {"not", "very"}}) {
      std::string dropped = with_word(prompt, negator, assent);
      if (dropped != prompt && !reward::named(negation, reward::tokens_of(dropped)).empty()) return dropped;
    }
    std::string added = std::string(prompt) + std::string(joint);
    for (const std::string& word : negation.banned) added += (word == negation.banned.front() ? "" : " ") + word;
    if (!reward::named(negation, reward::tokens_of(added)).empty()) return added;
  }
  if (!stated.negations.empty() || things.empty()) return std::nullopt;
  const std::string& thing = one_of(things, random);
  return with_word(prompt, thing, (random.uniform() < 0.5 ? "no " : "without ") + thing);
}

std::optional<std::string> with_other_audience(const reward::Constraints& stated, std::string_view prompt,
                                               const std::vector<Token>& tokens, decode::Random& random) {
  if (stated.audience.empty()) return std::nullopt;
  const reward::Group asked = stated.audience.front();
  std::vector<reward::Group> others;
  for (int i = 0; i <= static_cast<int>(reward::Group::experts); ++i) {
    if (reward::exclude_each_other(asked, static_cast<reward::Group>(i)))
      others.push_back(static_cast<reward::Group>(i));
  }
  if (others.empty()) return std::nullopt;
  const std::string other(reward::name(one_of(others, random)));
  for (std::size_t i = 0; i < tokens.size(); ++i) {
    const bool after_for = i > 0 && tokens[i - 1].word == "for";
    if (!reward::contains(reward::groups_hinted(std::span(&tokens[i], 1)), asked)) continue;
    if (!after_for && !tokens[i].possessive && !reward::is_plural(tokens[i].word)) continue;
    return with_word(prompt, tokens[i].word, other);
  }
  return std::string(prompt) + " for " + other;
}

std::optional<std::string> with_other_subject(const std::vector<Token>& intent, std::string_view prompt,
                                              const std::vector<std::string>& things, std::string_view stranger,
                                              decode::Random& random) {
  std::vector<std::string> others;
  for (const Token& token : reward::all_tokens_of(stranger)) {
    if (reward::is_function_word(token.word) || reward::is_negator(token.word) || token.word.size() < 3) continue;
    if (reward::hues_of(token.stem) != 0 || !reward::numbers_of(std::span(&token, 1)).empty()) continue;
    if (std::any_of(intent.begin(), intent.end(), [&](const Token& t) { return t.stem == token.stem; })) continue;
    others.push_back(token.word);
  }
  if (things.empty() || others.empty()) return std::nullopt;
  return with_word(prompt, one_of(things, random), one_of(others, random));
}

std::vector<std::string_view> words_of(std::string_view text) {
  std::vector<std::string_view> words;
  for (std::size_t at = 0; at < text.size();) {
    const std::size_t end = std::min(text.find(' ', at), text.size());
    if (end > at) words.push_back(text.substr(at, end - at));
    at = end + 1;
  }
  return words;
}

}  // namespace

std::string_view name(Flaw flaw) { return flaw_names[static_cast<std::size_t>(flaw)]; }

std::string with_word(std::string_view text, std::string_view from, std::string_view to) {
  std::string out;
  for (std::size_t at = 0; at < text.size();) {
    std::size_t end = at;
    while (end < text.size() && is_word_byte(text[end])) ++end;
    if (end == at) {
      out += text[at++];
      continue;
    }
    const std::string_view word = text.substr(at, end - at);
    const bool same = std::equal(word.begin(), word.end(), from.begin(), from.end(),
                                 [](char a, char b) { return text::lower(a) == b; });
    const std::size_t begin = out.size();
    out += same ? to : word;
    if (same && word[0] != text::lower(word[0]) && out[begin] >= 'a' && out[begin] <= 'z') {
      out[begin] = static_cast<char>(out[begin] - 'a' + 'A');
    }
    at = end;
  }
  return out;
}

std::vector<Negative> edits_of(std::string_view intent, Task task, std::string_view prompt, std::string_view stranger,
                               decode::Random& random) {
  const reward::Constraints stated = reward::read_constraints(intent);
  const std::vector<Token> of_intent = reward::all_tokens_of(intent), tokens = reward::tokens_of(prompt);
  const std::vector<std::string> things = shared_things(of_intent, tokens);
  std::vector<Negative> edits;
  const auto add = [&](Flaw flaw, std::optional<std::string> text) {
    if (text && *text != prompt) edits.push_back({flaw, *std::move(text)});
  };
  add(Flaw::colour, with_other_colour(stated, prompt, tokens, random));
  add(Flaw::count, with_other_count(stated, prompt, tokens, random));
  add(Flaw::negation, with_other_negation(stated, task, prompt, things, random));
  add(Flaw::audience, with_other_audience(stated, prompt, tokens, random));
  add(Flaw::subject, with_other_subject(of_intent, prompt, things, stranger, random));
  return edits;
}

std::vector<Negative> tricks_on(std::string_view intent, std::string_view other, decode::Random& random) {
  const std::vector<std::string_view> words = words_of(intent), others = words_of(other);
  std::string stuffed(intent);
  for (std::size_t n = 2 + random.below(3); n > 0; --n) {
    if (random.uniform() < 0.4 || words.empty()) {
      stuffed.append(" ").append(intent);
    } else {
      stuffed.append(" ").append(one_of(words, random)).append(" ").append(one_of(selling, random));
    }
  }
  std::string ended(intent);
  ended += others.size() > 6 ? ", " : " ";
  for (std::size_t i = others.size() / 2; i < others.size(); ++i) {
    ended.append(i == others.size() / 2 ? "" : " ").append(others[i]);
  }
  return {{Flaw::echo, std::string(intent)}, {Flaw::stuffing, std::move(stuffed)}, {Flaw::ending, std::move(ended)}};
}

}  // namespace updraft::learn
