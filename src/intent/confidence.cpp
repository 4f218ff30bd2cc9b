#include "intent/confidence.h"

#include <algorithm>
#include <array>
#include <cmath>
#include <numeric>
#include <set>
#include <string>
#include <vector>

#include "reward/relevance.h"
#include "reward/tokens.h"
#include "text/ascii.h"

namespace updraft::intent {
namespace {

// Fitted to the shipped model by `updraft eval intent --fit`: that it means something, and that the answer then says
// it.
constexpr Signs of_meaning = {-4.448, 0.768, 0.389, -0.563, -1.727, -0.421, -0.811,
                              1.109,  4.656, 1.276, -0.996, -5.330, -4.437, -2.977};
constexpr Signs of_saying = {-1.940, 1.580,  0.045,  -0.176, -0.639, 0.337, -0.377,
                             3.307,  -0.225, -0.468, -0.048, 0.048,  0,     0};

double log_odds(double probability) {
  constexpr double least = 1e-3;
  const double p = std::clamp(probability, least, 1 - least);
  return std::log(p / (1 - p));
}

// Words that people talk to each other with, and seldom ask for something to find or make by.
constexpr std::string_view talk =
    "you your yourself u i me am are do does did what who why how when where is was were tell told say said "
    "hello hi hey bye goodbye thanks thank sorry ok okay yes yep yeah nope maybe really just whatever wait "
    "lol lmao rofl haha omg wtf idk dunno meh ugh oops hmm huh";
constexpr std::size_t least_letters = 3;  // any two are short for something

bool is_ascii(std::string_view word) {
  return std::all_of(word.begin(), word.end(), [](char c) { return static_cast<unsigned char>(c) < 0x80; });
}

bool exists(const reward::Lexicon* lexicon, std::string_view word) {
  return lexicon == nullptr || lexicon->contains(word);
}

double entropy(const std::vector<Share>& shares) {
  double sum = 0;
  for (const Share& share : shares) sum -= share.probability > 0 ? share.probability * std::log(share.probability) : 0;
  return sum;
}

// Those in other letters than ours are not judged: they may name something.
double n_words(const reward::Lexicon* lexicon, const std::vector<reward::Token>& tokens) {
  std::set<std::string_view> words;
  for (const reward::Token& token : tokens) {
    if (reward::is_function_word(token.word) || reward::contains(talk, token.word)) continue;
    const bool named = is_ascii(token.word) ? token.word.size() >= least_letters && text::is_letter(token.word[0]) &&
                                                  exists(lexicon, token.word)
                                            : true;
    if (named) words.insert(token.stem);
  }
  return static_cast<double>(words.size());
}

double n_made_up(const reward::Lexicon* lexicon, std::string_view utterance, std::string_view answer) {
  constexpr double most = 2;
  const std::vector<std::string> typed = reward::lexicon_words(utterance);
  double n = 0;
  for (const std::string& word : reward::lexicon_words(answer)) {
    if (word.size() > 1 && !exists(lexicon, word) && !reward::contains(typed, word)) ++n;
  }
  return std::min(n, most);
}

double share_of_repeated(const std::vector<reward::Token>& tokens) {
  std::set<std::string_view> words;
  for (const reward::Token& token : tokens) words.insert(token.word);
  return tokens.empty() ? 0 : 1 - static_cast<double>(words.size()) / static_cast<double>(tokens.size());
}

double share_of_talk(const std::vector<reward::Token>& tokens) {
  const auto n = std::count_if(tokens.begin(), tokens.end(),
                               [](const reward::Token& token) { return reward::contains(talk, token.word); });
  return tokens.empty() ? 0 : static_cast<double>(n) / static_cast<double>(tokens.size());
}

// One of the words of a list stands in the text.
bool names_one(const std::vector<reward::Token>& tokens, std::string_view list) {
  return std::any_of(tokens.begin(), tokens.end(),
                     [&](const reward::Token& token) { return reward::contains(list, token.stem); });
}

}  // namespace

bool holds_address(std::string_view text) {
  for (const std::string_view mark : {"://", "www.", "</", "/>", "{\"", "();", "=>", "&&", "SELECT ", "DROP TABLE",
                                      "../", "#include", "function(", "def ", "%20"}) {
    if (text.find(mark) != std::string_view::npos) return true;
  }
  for (const std::string_view end : {".com", ".org", ".net", ".html", ".php", ".io/", ".js"}) {
    if (text.find(end) != std::string_view::npos && text.find(' ') == std::string_view::npos) return true;
  }
  return text.starts_with("/") && text.find(' ') == std::string_view::npos;
}

bool gives_orders(std::string_view text) {
  const std::vector<reward::Token> tokens = reward::all_tokens_of(text);
  const bool overrides =
      names_one(tokens, "ignore disregard forget override bypass reveal repeat pretend jailbreak obey");
  const bool machine = names_one(tokens,
                                 "instruction prompt rule guideline restriction system developer assistant ai above "
                                 "previous prior unrestricted filter");
  if (overrides && machine) return true;
  constexpr std::array<std::string_view, 7> phrases = {
      "system prompt", "act as ", "roleplay as ", "from now on you", "<|", "[INST]", "instructions:"};
  return std::any_of(phrases.begin(), phrases.end(),
                     [&](std::string_view phrase) { return text.find(phrase) != std::string_view::npos; });
}

Signs signs_of(const text::Tokenizer& tokenizer, const reward::Lexicon* lexicon, std::string_view utterance,
               const Intent& answer) {
  const reward::Wording typed = reward::wording_of(utterance), answered = reward::wording_of(answer.text);
  const std::vector<reward::Token> tokens = reward::all_tokens_of(utterance);
  const auto n_tokens = static_cast<double>(std::max<std::size_t>(1, tokenizer.encode(utterance).size()));
  Signs signs{};
  const auto set = [&](Sign sign, double value) { signs[static_cast<std::size_t>(sign)] = value; };
  set(Sign::always, 1);
  set(Sign::likelihood, log_odds(answer.likelihood));
  set(Sign::goal, log_odds(answer.goals.front().probability));
  set(Sign::category, log_odds(answer.categories.front().probability));
  set(Sign::spread, entropy(answer.categories));
  set(Sign::bytes, std::min(6.0, static_cast<double>(utterance.size()) / n_tokens) - 4);
  set(Sign::typed, reward::repetition(answered, typed).share);
  set(Sign::answered, reward::repetition(typed, answered).share);
  set(Sign::words, std::log1p(n_words(lexicon, tokens)));
  set(Sign::made_up, n_made_up(lexicon, utterance, answer.text));
  set(Sign::repeated, share_of_repeated(tokens));
  set(Sign::talk, share_of_talk(tokens));
  set(Sign::address, holds_address(utterance) ? 1 : 0);
  set(Sign::order, gives_orders(utterance) ? 1 : 0);
  return signs;
}

double confidence(const Signs& signs) {
  const auto probability = [&](const Signs& weights) {
    return 1 / (1 + std::exp(-std::inner_product(signs.begin(), signs.end(), weights.begin(), 0.0)));
  };
  return probability(of_meaning) * probability(of_saying);
}

}  // namespace updraft::intent
