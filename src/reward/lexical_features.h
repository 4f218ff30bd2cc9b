// What the exact words of an intent and a prompt have in common, as numbers for the cross-scorer (cross_scorer.h): to
// an encoder "three" and "four" are nearly the same.
#pragma once

#include <array>
#include <set>
#include <string>
#include <string_view>
#include <vector>

#include "reward/constraints.h"
#include "reward/tokens.h"
#include "updraft/task.h"

namespace updraft::reward {

// The order is part of the scorer's file format: a new feature goes to the end, and `cross_scorer.version` up.
enum class LexicalFeature {
  intent_words,  // how long they are, on a logarithmic scale
  prompt_words,
  kept,            // of the intent's content words, those that the prompt says too
  kept_head,       // the last content word of the intent's first clause
  old,             // of the prompt's content words, those that the intent says too
  adds_nothing,    // no other content word
  longest_run,     // the longest run of the intent's words that the prompt repeats, as a share of the intent
  repeats_itself,  // of the prompt's content words, those said before
  letters,         // shared runs of three letters, Dice's coefficient
  number_asked,    // the intent has a number
  number_kept,     // of its numbers, those that the prompt has
  number_other,    // it has one, and the prompt has another
  number_new,      // it has none, and the prompt has one
  digits_kept,     // of figures of any length (years, prices): those that the prompt has
  digits_other,    // the intent has figures, and the prompt has others
  colour_asked,
  colour_kept,   // of the colours asked for, those that the prompt may show
  colour_other,  // the prompt names one that was not asked for
  colour_new,    // none was asked for, and the prompt names one
  denies_in_intent,
  denies_in_prompt,
  names_banned,
  audience_asked,
  audience_kept,
  audience_other,
  constraints_kept,  // of all that the intent states
  constraints_missed,
  constraints_broken,
  count_of_features
};
inline constexpr auto n_lexical_features = static_cast<std::size_t>(LexicalFeature::count_of_features);
using LexicalFeatures = std::array<float, n_lexical_features>;  // by LexicalFeature, each 0..1

// Reads an intent once, for all its prompts.
class LexicalReader {
 public:
  explicit LexicalReader(std::string_view intent);
  LexicalReader(std::string_view intent, Constraints stated);  // by whoever has read them already
  [[nodiscard]] LexicalFeatures of(Task task, std::string_view prompt) const;
  // `checked`: what the prompt makes of the constraints.
  [[nodiscard]] LexicalFeatures of(Task task, std::string_view prompt, const ConstraintCheck& checked) const;

 private:
  struct Text {
    std::vector<Token> tokens;
    std::vector<std::string> content;  // stems of content words, in their order
    std::set<std::string> stems;       // the same
    std::vector<int> numbers;          // sorted, each once
    std::set<std::string> digits;      // words that begin with a figure
    std::set<std::string> trigrams;    // of letters
    bool denies = false;
  };
  static Text read(std::string_view text);

  Constraints constraints_;
  Text intent_;
  std::string head_;
};

}  // namespace updraft::reward
