#include "eval/kinds.h"

#include <algorithm>

#include "intent/detection.h"
#include "intent/figures.h"
#include "intent/language.h"
#include "reward/negations.h"
#include "text/utf8.h"
#include "text/words.h"

namespace updraft::eval {
namespace {

constexpr std::size_t words_of_a_rambling = 25;
constexpr std::size_t letters_of_a_typo = 4;
constexpr std::string_view slang =
    "pls plz plss u ur r thx ty asap lol lmao omg tbh ngl idk btw rn fr af imo w/ gonna wanna gimme gotta kinda sorta "
    "dunno yall bday xmas pic pics insta szn fam vibe vibes vibey lowkey highkey bougie boujee drip lit dope legit lil "
    "cuz bc coz b4 2nite nite tho ppl smth biz comfy cutesy aesthetic cap slaps fire bestie slay";

bool has_emoji(std::string_view text) {
  for (std::size_t at = 0; at < text.size();) {
    const char32_t c = text::next_codepoint(text, at);
    if ((c >= 0x1F000 && c <= 0x1FAFF) || (c >= 0x2600 && c <= 0x27BF)) return true;
  }
  return false;
}

}  // namespace

std::vector<std::string_view> kinds_of(std::string_view utterance, const reward::Lexicon* lexicon) {
  const std::vector<reward::Token> tokens = reward::all_tokens_of(utterance);
  const intent::Figures figures = intent::figures_of(utterance);
  const std::string language = intent::language_of(utterance);
  const bool is_foreign = language != "en" && language != "und";
  const auto is_slang = [](std::string_view word) { return reward::contains(slang, word); };
  const bool misspells = lexicon != nullptr && !is_foreign &&
                         std::ranges::any_of(reward::lexicon_words(utterance), [&](const std::string& word) {
                           return word.size() >= letters_of_a_typo && !lexicon->contains(word) && !is_slang(word);
                         });
  std::vector<std::string_view> kinds;
  const auto add = [&](bool is, std::string_view kind) {
    if (is) kinds.push_back(kind);
  };
  add(intent::quiet(utterance) != utterance, "capitals");
  add(has_emoji(utterance), "emoji");
  add(text::count_words(utterance) >= words_of_a_rambling, "rambling");
  add(!figures.sizes.empty(), "size");
  add(!figures.dates.empty() || !figures.prices.empty(), "date or price");
  add(!reward::negations_of(tokens).empty(), "negation");
  add(std::ranges::any_of(tokens, [&](const reward::Token& token) { return is_slang(token.word); }), "slang");
  add(misspells, "typo");
  add(is_foreign, "other language");
  add(kinds.empty(), "plain");
  return kinds;
}

}  // namespace updraft::eval
