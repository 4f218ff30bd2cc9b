// Colours as words: which stand for a colour, and which hues a name may be told apart by.
#pragma once

#include <span>
#include <string>
#include <string_view>
#include <vector>

#include "reward/tokens.h"
#include "text/colour_names.h"

namespace updraft::reward {

using text::Hues;

struct Colour {
  std::string name;  // "navy"
  Hues hues = 0;
  std::vector<std::string>
      things;  // stems of the words that it colours, two at most ("green velvet sofa"); none: it stands alone
};

// The words of a text that are surely meant as colours: no orange juice, no white wine, "rose" only beside other
// colours. Colours that are denied ("no pink") are left out.
[[nodiscard]] std::vector<Colour> colours_of(std::span<const Token> tokens);

// The colours of a plain list: "burnt orange, mustard, olive".
[[nodiscard]] std::vector<Colour> colours_of_list(std::string_view list);

// All hues that a text could be meant to have, by colours, things and materials: a rose is pink, brass is gold.
[[nodiscard]] Hues hinted_hues(std::span<const Token> tokens);

// Hues of a colour's name; 0 if it is none.
[[nodiscard]] Hues hues_of(std::string_view word);

// White, black, grey and their like: they go with everything.
[[nodiscard]] bool is_neutral(Hues hues);

}  // namespace updraft::reward
