// Prompts that do not answer an intent, made of one that does by changing what the intent states, or of the intent
// itself: what the cross-scorer learns to turn down.
#pragma once

#include <array>
#include <string>
#include <string_view>
#include <vector>

#include "decode/random.h"
#include "updraft/task.h"

namespace updraft::learn {

enum class Flaw {
  near,      // a prompt of an intent that is near
  category,  // of one of the same category
  random,    // of any other
  colour,    // another colour than the intent asks for
  count,     // another number
  negation,  // what is banned is named, or what is asked for is denied
  audience,  // for others
  subject,   // another thing in the place of one that the intent names
  echo,      // the intent itself
  stuffing,  // the intent's words again and again, among words that sell
  ending     // the intent, with the end of another intent's prompt
};
inline constexpr std::size_t flaw_count = 11;
[[nodiscard]] std::string_view name(Flaw flaw);

struct Negative {
  Flaw flaw = Flaw::random;
  std::string text;
};

// Each way in which the prompt can be made to break what the intent states (colour, count, negation, audience,
// subject), once where it can be. The words of `stranger`, another intent, stand in for its subject.
[[nodiscard]] std::vector<Negative> edits_of(std::string_view intent, Task task, std::string_view prompt,
                                             std::string_view stranger, decode::Random& random);

// echo, stuffing and an ending of `other`, a prompt of another intent.
[[nodiscard]] std::vector<Negative> tricks_on(std::string_view intent, std::string_view other, decode::Random& random);

// The text with each whole word `from` (in lower case; its case in the text does not matter) put as `to`; a capital
// stays one.
[[nodiscard]] std::string with_word(std::string_view text, std::string_view from, std::string_view to);

}  // namespace updraft::learn
