// What must not be there: "no people", "without text", "not cartoon", "sugar free", "non alcoholic".
#pragma once

#include <span>
#include <string>
#include <vector>

#include "reward/tokens.h"
#include "updraft/task.h"

namespace updraft::reward {

struct Negation {
  std::string words;                       // as people read it: "no cartoon animals"
  std::vector<std::string> banned;         // stems that stand one after the other: "cartoon", "animal"
  std::vector<std::string> synonyms = {};  // stems that show it as well: "crowd", if people are banned
};

[[nodiscard]] std::vector<Negation> negations_of(std::span<const Token> tokens);

// The text names what is banned (or one of its synonyms) and does not deny it. The words that do so; else empty.
[[nodiscard]] std::string named(const Negation& negation, std::span<const Token> tokens);

// "No text" is said of pictures: a design has words around it. "No photo" is said of designs: a picture may be one.
[[nodiscard]] bool is_about(const Negation& negation, Task task);

}  // namespace updraft::reward
