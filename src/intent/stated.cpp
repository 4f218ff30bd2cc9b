#include "intent/stated.h"

#include <algorithm>
#include <vector>

#include "intent/figures.h"
#include "reward/constraints.h"

namespace updraft::intent {
namespace {

using reward::Token;

std::string joined(const std::vector<std::string>& parts, std::string_view between) {
  std::string text;
  for (const std::string& part : parts) text += (text.empty() ? "" : std::string(between)) + part;
  return text;
}

Facet* find(Intent& intent, std::string_view name) {
  const auto found =
      std::find_if(intent.facets.begin(), intent.facets.end(), [&](const Facet& facet) { return facet.name == name; });
  return found == intent.facets.end() ? nullptr : &*found;
}

// Adds what the facet does not say yet.
void add(Intent& intent, std::string_view name, const std::string& value) {
  if (value.empty()) return;
  if (Facet* facet = find(intent, name)) {
    facet->value += ", " + value;
  } else {
    intent.facets.push_back({std::string(name), value});
  }
}

// "three cats", as it was typed.
std::string words_of(const reward::Count& count, const std::vector<Token>& tokens) {
  std::string thing = count.thing.empty() ? "of them" : count.thing;
  for (const Token& token : tokens) {
    if (token.stem == count.thing) thing = token.word;
  }
  return std::to_string(count.n) + ' ' + thing;
}

void keep_colours(const std::vector<reward::Colour>& stated, Intent& intent, std::vector<std::string>& missing) {
  const reward::Hues shown = reward::hinted_hues(reward::tokens_of(intent.text));
  const Facet* facet = find(intent, "colors");
  reward::Hues listed = 0;
  if (facet != nullptr) {
    for (const reward::Colour& colour : reward::colours_of_list(facet->value)) listed |= colour.hues;
  }
  std::vector<std::string> unlisted, unsaid;
  for (const reward::Colour& colour : stated) {
    if ((colour.hues & listed) == 0 && !reward::contains(unlisted, colour.name)) unlisted.push_back(colour.name);
    if ((colour.hues & shown) == 0 && !reward::contains(unsaid, colour.name)) unsaid.push_back(colour.name);
  }
  add(intent, "colors", joined(unlisted, ", "));
  if (!unsaid.empty()) missing.push_back(joined(unsaid, " and "));
}

// Figures are facets alone: a prompt for a 1080x1080 post does not speak of pixels.
void keep_figures(std::string_view utterance, Intent& intent) {
  std::erase_if(intent.facets, [](const Facet& facet) { return is_figure(facet.value); });  // the model's
  const Figures figures = figures_of(utterance);
  add(intent, "size", joined(figures.sizes, ", "));
  add(intent, "date", joined(figures.dates, ", "));
  add(intent, "price", joined(figures.prices, ", "));
}

}  // namespace

void keep_stated(std::string_view utterance, Intent& intent) {
  const reward::Constraints stated = reward::read_constraints(utterance);
  const std::vector<Token> typed = reward::tokens_of(utterance), understood = reward::tokens_of(intent.text);
  keep_figures(utterance, intent);
  std::vector<std::string> missing;  // in the canonical intent
  keep_colours(stated.colours, intent, missing);
  for (const reward::Count& count : stated.counts) {
    const std::string words = words_of(count, typed);
    add(intent, "count", words);
    if (!reward::contains(reward::numbers_of(understood), count.n)) missing.push_back(words);
  }
  const std::vector<reward::Negation> kept = reward::negations_of(understood);
  for (const reward::Negation& negation : stated.negations) {
    // "no people" is without people; "sugar-free" without sugar
    const std::size_t space = negation.words.find(' ');
    add(intent, "without",
        space == std::string::npos ? joined(negation.banned, " ") : negation.words.substr(space + 1));
    const bool said = std::any_of(kept.begin(), kept.end(),
                                  [&](const reward::Negation& other) { return other.banned == negation.banned; });
    if (!said) missing.push_back(negation.words);
  }
  const std::vector<reward::Group> hinted = reward::groups_hinted(understood);
  for (const reward::Group group : stated.audience) {
    if (find(intent, "audience") == nullptr) add(intent, "audience", std::string(name(group)));
    if (!reward::contains(hinted, group)) missing.push_back("for " + std::string(name(group)));
  }
  for (const std::string& words : missing) intent.text += (intent.text.empty() ? "" : ", ") + words;
}

}  // namespace updraft::intent
