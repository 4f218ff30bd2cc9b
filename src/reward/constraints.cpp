#include "reward/constraints.h"

#include <algorithm>
#include <numeric>

namespace updraft::reward {
namespace {

constexpr double broken_factor = 0.2;
constexpr double missed_factor = 0.7;  // of all that a kind states; of a part of it, in proportion

// The value of a named section of a picture's description: "colors" of "tags: ...; colors: red, white; kind: photo".
std::string_view section(std::string_view intent, std::string_view key) {
  for (std::size_t at = 0; at < intent.size();) {
    std::size_t end = std::min(intent.find(';', at), intent.size());
    std::string_view part = intent.substr(at, end - at);
    while (part.starts_with(' ')) part.remove_prefix(1);
    if (part.starts_with(key) && part.substr(key.size()).starts_with(':')) return part.substr(key.size() + 1);
    at = end + 1;
  }
  return {};
}

bool must_be_kept(Task task) { return task == Task::template_ || task == Task::image; }

// A prompt with what the rules need of it.
struct Prompt {
  Task task;
  std::string_view text;
  std::vector<Token> tokens = tokens_of(text);
  bool must_keep = must_be_kept(task);
};

class Judge {
 public:
  explicit Judge(ConstraintCheck& result) : result_(result) {}

  void kept() { ++result_.stated, ++result_.kept; }
  void silent() { ++result_.stated; }
  // `share` of what the kind states is missing.
  void missed(double share, std::string problem) {
    ++result_.stated, ++result_.missed;
    result_.value *= 1 - share * (1 - missed_factor);
    result_.problems.push_back(std::move(problem));
  }
  void broken(std::string problem) {
    ++result_.stated, ++result_.broken;
    result_.value *= broken_factor;
    result_.problems.push_back(std::move(problem));
  }

 private:
  ConstraintCheck& result_;
};

Hues all_hues(const std::vector<Colour>& colours) {
  Hues all = 0;
  for (const Colour& colour : colours) all |= colour.hues;
  return all;
}

bool names(std::span<const Token> tokens, std::string_view stem) {
  return std::any_of(tokens.begin(), tokens.end(), [&](const Token& token) { return token.stem == stem; });
}

bool share_a_thing(const Colour& a, const Colour& b) {
  return std::any_of(a.things.begin(), a.things.end(),
                     [&](const std::string& thing) { return contains(b.things, thing); });
}

void check_colours(const Constraints& constraints, const Prompt& prompt, Judge& judge) {
  const std::vector<Colour>& asked = constraints.colours;
  if (asked.empty()) return;
  const std::vector<Colour> said = colours_of(prompt.tokens);
  const Hues hinted = hinted_hues(prompt.tokens), wanted = all_hues(asked);
  // Another colour of the same thing, or in the place of all that were asked for.
  // Colours of things that the prompt does not speak of are not said of anything else.
  const bool in_place = std::any_of(asked.begin(), asked.end(), [&](const Colour& colour) {
    return colour.things.empty() || std::any_of(colour.things.begin(), colour.things.end(),
                                                [&](const auto& t) { return names(prompt.tokens, t); });
  });
  std::string other;
  const bool any = (hinted & wanted) != 0;
  for (const Colour& colour : said) {
    if ((colour.hues & wanted) != 0) continue;
    const bool same_thing =
        std::any_of(asked.begin(), asked.end(), [&](const Colour& a) { return share_a_thing(a, colour); });
    // A thing that shows the asked colour as well may have another one beside it.
    const bool thing_as_asked = std::any_of(
        said.begin(), said.end(), [&](const Colour& s) { return (s.hues & wanted) != 0 && share_a_thing(s, colour); });
    const bool chromatic = !is_neutral(colour.hues);
    const bool intrudes = constraints.only_colours && chromatic && prompt.task != Task::related;
    const bool replaces = !any && in_place && chromatic && prompt.must_keep;
    if ((same_thing && !thing_as_asked) || intrudes || replaces) {
      other = colour.name + (colour.things.empty() ? "" : ' ' + colour.things.front());
      break;
    }
  }
  if (!other.empty()) return judge.broken(other + " instead of " + asked.front().name);
  std::size_t n_missing = 0;
  std::string missing;
  for (const Colour& colour : asked) {
    if ((colour.hues & hinted) != 0) continue;
    missing += (n_missing > 0 ? ", " : "") + colour.name;
    ++n_missing;
  }
  if (n_missing == 0) return judge.kept();
  if (!prompt.must_keep) return n_missing < asked.size() ? judge.kept() : judge.silent();
  judge.missed(static_cast<double>(n_missing) / static_cast<double>(asked.size()), "no " + missing);
}

void check_count(const Count& asked, const Prompt& prompt, Judge& judge) {
  const std::string words = std::to_string(asked.n) + ' ' + (asked.thing.empty() ? "of a set" : asked.thing);
  if (contains(numbers_of(prompt.tokens), asked.n)) return judge.kept();
  bool names_one = false, names_many = false;
  for (const Token& token : prompt.tokens) {
    if (token.stem == asked.thing) (is_plural(token.word) ? names_many : names_one) = true;
  }
  // "cactus" is a single one, and who says "penguins" does not contradict two of them.
  int sum = 0, other = 0, other_of_others = 0;
  for (const Count& count : counts_of(prompt.tokens)) {
    if (count.n > 1) other_of_others = count.n;
    if (count.thing != asked.thing) continue;
    sum += count.n;
    if (count.n > 1) other = count.n;
  }
  // "three purple candles and one rose"
  const std::vector<int> numbers = numbers_of(prompt.tokens);
  if (sum == asked.n || std::accumulate(numbers.begin(), numbers.end(), 0) == asked.n) return judge.kept();
  if (other != 0 && !asked.thing.empty()) {
    return judge.broken(std::to_string(other) + ' ' + asked.thing + " instead of " + std::to_string(asked.n));
  }
  if ((asked.n == 1 && names_one) || (asked.n == 2 && names_many)) return judge.kept();
  // Another number alone may count something else, or the same by another name ("five kittens").
  if (prompt.must_keep && (names_many || other_of_others != 0)) return judge.missed(1, "not " + words);
  judge.silent();
}

void check_negation(const Negation& negation, const Prompt& prompt, Judge& judge) {
  if (!is_about(negation, prompt.task)) return judge.silent();
  const std::string words = named(negation, prompt.tokens);
  if (words.empty()) return judge.kept();
  judge.broken(words + " in spite of \"" + negation.words + '"');
}

void check_audience(const std::vector<Group>& audience, const Prompt& prompt, Judge& judge) {
  if (audience.empty()) return;
  const std::vector<Group> hinted = groups_hinted(prompt.tokens);
  for (const Group group : audience) {
    if (contains(hinted, group)) return judge.kept();
  }
  for (const Group group : groups_addressed(prompt.tokens, prompt.task != Task::image)) {
    for (const Group asked : audience) {
      if (exclude_each_other(group, asked)) {
        return judge.broken("for " + std::string(name(group)) + " instead of " + std::string(name(asked)));
      }
    }
  }
  judge.silent();
}

// Words of a text, as they are compared.
std::vector<std::string> written_words(std::string_view text) {
  std::vector<std::string> words;
  for (const Token& token : all_tokens_of(text)) words.push_back(token.word);
  return words;
}

void check_text(const std::string& asked, const Prompt& prompt, Judge& judge) {
  const std::vector<std::string> all = written_words(prompt.text), wanted = written_words(asked);
  if (wanted.empty()) return;
  const auto found = std::count_if(wanted.begin(), wanted.end(), [&](const auto& word) { return contains(all, word); });
  if (2 * found >= static_cast<std::ptrdiff_t>(wanted.size())) return judge.kept();
  for (const std::string& quote : quotes_of(prompt.text)) {
    if (found > 0 || written_words(quote).empty()) continue;
    std::string problem = '\'' + quote;
    problem.append("' instead of '").append(asked).append("'");
    return judge.broken(problem);
  }
  judge.silent();
}

}  // namespace

Constraints read_constraints(std::string_view intent) {
  // What is asked to be done with a picture counts alone: the picture itself is to be changed.
  if (const std::string_view request = section(intent, "request"); !request.empty()) intent = request;
  const std::vector<Token> tokens = tokens_of(intent);
  Constraints constraints;
  constraints.colours = colours_of(tokens);
  if (const std::string_view list = section(intent, "colors"); !list.empty()) {
    constraints.colours = colours_of_list(list);
  }
  if (!constraints.colours.empty()) {
    for (std::size_t i = 0; i < tokens.size(); ++i) {
      const bool after = i > 0 && !tokens[i].starts_clause && hues_of(tokens[i - 1].stem) != 0;
      const bool before = i + 1 < tokens.size() && hues_of(tokens[i + 1].stem) != 0;
      if (tokens[i].word == "only" && (after || before)) constraints.only_colours = true;
    }
  }
  constraints.counts = counts_of(tokens);
  constraints.negations = negations_of(tokens);
  constraints.audience = groups_addressed(tokens, true);
  if (const std::string_view text = section(intent, "text"); !text.empty()) {
    for (std::string& quote : quotes_of(text)) constraints.texts.push_back(std::move(quote));
  }
  return constraints;
}

ConstraintCheck check(const Constraints& constraints, Task task, std::string_view text) {
  const Prompt prompt{.task = task, .text = text};
  ConstraintCheck result;
  Judge judge(result);
  check_colours(constraints, prompt, judge);
  for (const Count& count : constraints.counts) check_count(count, prompt, judge);
  for (const Negation& negation : constraints.negations) check_negation(negation, prompt, judge);
  check_audience(constraints.audience, prompt, judge);
  for (const std::string& asked : constraints.texts) check_text(asked, prompt, judge);
  return result;
}

}  // namespace updraft::reward
