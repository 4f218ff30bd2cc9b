// How sure it is that an utterance was understood: the probability that the canonical intent says what was meant.
#pragma once

#include <array>
#include <span>
#include <string_view>

#include "reward/lexicon.h"
#include "text/tokenizer.h"
#include "updraft/intent.h"

namespace updraft::intent {

// What the confidence is told from, each about -5..5. The order is that of the fitted weights.
enum class Sign {
  always,      // 1
  likelihood,  // of the answer's tokens, as log odds
  goal,        // of the likeliest goal, as log odds
  category,    // of the likeliest category, as log odds
  spread,      // of the categories: the entropy of their distribution, in nats
  bytes,       // of the utterance, a token: made-up words fall into small pieces
  typed,       // of the answer's content words, those that were typed
  answered,    // of the typed content words, those that the answer says
  words,       // how many were typed that exist and may name something, on a logarithmic scale
  made_up,     // how many of the answer's words neither exist nor were typed, up to 2
  repeated,    // of the typed words, those that were typed before: "testing testing"
  talk,        // of the typed words, those of talk: "what did you say"
  address,     // it is a web address, a path or code
  order,       // it gives orders to the machine ("ignore previous instructions")
  count_of_signs
};
inline constexpr auto n_signs = static_cast<std::size_t>(Sign::count_of_signs);
using Signs = std::array<double, n_signs>;

// `answer` is what the model wrote, before rules add to it. Without a lexicon (nullptr) every word exists.
[[nodiscard]] Signs signs_of(const text::Tokenizer& tokenizer, const reward::Lexicon* lexicon,
                             std::string_view utterance, const Intent& answer);

// How likely it is that the utterance means something that can be found or made, times how likely the answer then says
// it: two logistic regressions, for which `updraft eval intent --fit` finds the weights.
[[nodiscard]] double confidence(const Signs& signs);

// A web address, a path, markup or code, wherever in the text it is.
[[nodiscard]] bool holds_address(std::string_view text);
// Words that are meant for a program that reads them, not for what it is to find or make.
[[nodiscard]] bool gives_orders(std::string_view text);

}  // namespace updraft::intent
