#include "reward/colours.h"

#include <algorithm>
#include <array>

namespace updraft::reward {
namespace {

using namespace text::hue;
using text::ColourUse;

struct Row {
  Hues hue;
  std::string_view words;
};
// Materials and scenes that have a colour without its name.
constexpr auto hints = std::to_array<Row>({
    {red, "flame brick strawberry tomato"},
    {orange, "brass gilt gilded foil metallic wheat straw sun sunset pumpkin flame carrot goldfish"},
    {yellow, "brass gilt gilded foil metallic wheat straw sunflower sun sunny"},
    {green, "leaf leafy grass eucalyptus fern forest ivy plant cactus"},
    {blue, "night sea ocean water icy porcelain"},
    {pink, "sunset"},
    {brown, "brass gilt gilded foil metallic wheat straw wood wooden oak walnut kraft leather earthy"},
    {black, "night dark silhouette shadow monochrome"},
    {white, "snow snowy chalk chalky paper linen marble icy milk whitewashed pale porcelain monochrome"},
    {grey, "metallic steel concrete monochrome"},
});

// Where a colour's name is part of another name; both in the singular.
struct Compound {
  std::string_view colour, nexts;
};
constexpr auto compounds = std::to_array<Compound>({
    {"orange",
     "juice wheel slice peel tree grove blossom marmalade soda zest segment chocolate wine cake chicken crate"},
    {"red",
     "wine cross carpet panda onion lentil cabbage flag tape eye velvet squirrel snapper meat planet bean "
     "light deer kite fox pepper"},
    {"white",
     "wine house board noise rice paper chocolate label christmas water space tea collar fish elephant pizza "
     "bean balance bread chili"},
    {"black",
     "friday tie hole belt history owned tea bean pepper forest metal box market pudding woman man girl "
     "family garlic sea"},
    {"green",
     "tea energy bean card screen house light space thumb curry salad building roof smoothie finance tech "
     "living room"},
    {"blue", "cheese whale jay moon hour collar light tit"},
    {"yellow", "page"},
    {"brown", "rice sugar bear bread"},
    {"grey", "wolf"},
    {"pink", "salt"},
    {"silver", "jewelry jewellery ring medal lining anniversary screen"},
    {"gold", "jewelry ring chain leaf price medal rush mine coin bar watch standard panning"},
    {"golden", "hour retriever gate eagle wedding age doodle anniversary ratio girl"},
    {"navy", "veteran"},
});

// "deep olive", "soft coral": what follows is meant as a colour.
constexpr std::string_view shades =
    "deep dark light pale soft warm dusty burnt muted bright pastel neon royal faded rich cool dusky "
    "powder";
// "lavender tones": what stood before is meant as a colour.
constexpr std::string_view colour_words = "colour color tone palette accent hue shade coloured colored tint gradient";

template <std::size_t n>
Hues find(const std::array<Row, n>& table, std::string_view word) {
  Hues hues = 0;
  for (const Row& row : table) {
    if (contains(row.words, word)) hues |= row.hue;
  }
  return hues;
}

// In the singular: "blues" is music and "oranges" are fruit.
bool is_name(const Token& token) { return text::hues_of(token.word, ColourUse::name) != 0; }

bool denied(std::span<const Token> tokens, std::size_t at) {
  for (std::size_t back = 0; back < 4 && back <= at; ++back) {
    const Token& token = tokens[at - back];
    if (back > 0 && is_negator(token.word)) return true;
    if (token.starts_clause) break;
  }
  return false;
}

bool is_compound(std::span<const Token> tokens, std::size_t at) {
  if (at + 1 < tokens.size() && !tokens[at + 1].starts_clause) {
    for (const Compound& compound : compounds) {
      if (compound.colour == tokens[at].stem && contains(compound.nexts, tokens[at + 1].stem)) return true;
    }
  }
  return false;
}

}  // namespace

Hues hues_of(std::string_view word) {
  return text::hues_of(word, ColourUse::name) | text::hues_of(word, ColourUse::dye) |
         text::hues_of(word, ColourUse::thing);
}

bool is_neutral(Hues hues) { return (hues & (white | black | grey)) != 0; }

std::vector<Colour> colours_of(std::span<const Token> tokens) {
  const std::size_t n = tokens.size();
  std::vector<bool> is_colour(n);
  for (std::size_t i = 0; i < n; ++i) is_colour[i] = is_name(tokens[i]) && !is_compound(tokens, i);

  // Things become colours by what stands beside them.
  const auto is_dye = [&](std::size_t i) { return i < n && text::hues_of(tokens[i].word, ColourUse::dye) != 0; };
  const auto is_thing = [&](std::size_t i) {
    return i < n && (text::hues_of(tokens[i].word, ColourUse::dye) | text::hues_of(tokens[i].word, ColourUse::thing) |
                     text::hues_of(tokens[i].stem, ColourUse::name)) != 0;
  };
  const auto same_clause = [&](std::size_t i) { return i < n && !tokens[i].starts_clause; };
  for (std::size_t i = 0; i < n; ++i) {
    if (is_colour[i] || !is_thing(i)) continue;
    const bool before_colour = same_clause(i + 1) && is_name(tokens[i + 1]);
    const bool before_word = same_clause(i + 1) && contains(colour_words, tokens[i + 1].stem);
    const bool after_shade = i > 0 && same_clause(i) && contains(shades, tokens[i - 1].word);
    const bool beside_and = i >= 2 && same_clause(i) && tokens[i - 1].word == "and" && is_colour[i - 2];
    const bool and_beside = same_clause(i + 1) && tokens[i + 1].word == "and" && i + 2 < n && is_colour[i + 2];
    const bool at_end = !same_clause(i + 1) || tokens[i + 1].word == "and";
    const bool in_dye = i > 0 && same_clause(i) && tokens[i - 1].word == "in" && is_dye(i) && at_end;
    if (before_colour || before_word || after_shade || beside_and || and_beside || in_dye) is_colour[i] = true;
  }
  // "in lilac", ", mint and cream,": clauses of nothing but colours.
  for (std::size_t from = 0; from < n;) {
    std::size_t to = from + 1;
    while (same_clause(to)) ++to;
    const std::size_t first = tokens[from].word == "in" || tokens[from].word == "and" ? from + 1 : from;
    bool all = first < to;
    for (std::size_t i = first; i < to; ++i) {
      all = all && (is_colour[i] || is_dye(i) || tokens[i].word == "and" || contains(shades, tokens[i].word));
    }
    // A whole text that is one such word is about the thing.
    if (all && n > 1) {
      for (std::size_t i = first; i < to; ++i) is_colour[i] = is_colour[i] || is_dye(i);
    }
    from = to;
  }

  std::vector<Colour> colours;
  for (std::size_t i = 0; i < n; ++i) {
    if (!is_colour[i] || denied(tokens, i)) continue;
    // "cushions for a grey couch": the couch is there already.
    if (i >= 2 && same_clause(i) && same_clause(i - 1) && tokens[i - 1].word == "a" && tokens[i - 2].word == "for")
      continue;
    // "sky blue", "rose gold": the last word says it.
    if (same_clause(i + 1) && is_colour[i + 1] && !is_name(tokens[i])) continue;
    Colour& colour = colours.emplace_back();
    colour.name = tokens[i].word;
    colour.hues = hues_of(tokens[i].stem);
    std::size_t next = i + 1;
    while (same_clause(next) && (is_colour[next] || tokens[next].word == "and" || tokens[next].word == "or")) ++next;
    for (; same_clause(next) && colour.things.size() < 2; ++next) {
      if (is_function_word(tokens[next].word) || tokens[next].word == "one") break;
      if (contains(colour_words, tokens[next].stem)) break;
      colour.things.push_back(tokens[next].stem == "backdrop" ? "background" : tokens[next].stem);
    }
  }
  return colours;
}

std::vector<Colour> colours_of_list(std::string_view list) {
  std::vector<Colour> colours;
  const std::vector<Token> tokens = tokens_of(list);
  for (std::size_t i = 0; i < tokens.size(); ++i) {
    const Hues hues = hues_of(tokens[i].stem);
    const bool last = i + 1 == tokens.size() || tokens[i + 1].starts_clause || tokens[i + 1].word == "and";
    if (hues != 0 && last) colours.push_back({tokens[i].word, hues, {}});
  }
  return colours;
}

Hues hinted_hues(std::span<const Token> tokens) {
  Hues all = 0;
  for (const Token& token : tokens) all |= hues_of(token.stem) | find(hints, token.stem);
  return all;
}

}  // namespace updraft::reward
