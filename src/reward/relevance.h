// From distances in the encoder's space to what they are worth.
#pragma once

#include <optional>
#include <set>
#include <string>
#include <string_view>
#include <utility>

#include "updraft/task.h"

namespace updraft::reward {

// The words of a text by their stems, as texts are compared by them.
struct Wording {
  std::set<std::string> content;                        // without function words
  std::set<std::pair<std::string, std::string>> pairs;  // of neighbouring words
};
[[nodiscard]] Wording wording_of(std::string_view text);

// What is left of a prompt without the intent's words and without function words, in its order: what it adds.
[[nodiscard]] std::string addition(const Wording& intent, std::string_view prompt);

// How many of the intent's content words the prompt says again, and which share of them (0..1).
struct Repetition {
  double words = 0;
  double share = 0;
};
[[nodiscard]] Repetition repetition(const Wording& intent, const Wording& prompt);

// 0..1: how much of an echo that makes of a prompt. Where it is 0, the addition's cosine does not matter.
[[nodiscard]] double echo_of(const Repetition& repetition);

// How near a prompt is to its intent.
struct Nearness {
  double whole = 0;     // cosine of the prompt
  bool adds = false;    // says something that the intent does not
  double addition = 0;  // cosine of what it adds
  Repetition repetition = {};
  std::optional<double> logit = {};  // of the cross-scorer: the log odds that the prompt answers the intent
};
// 0..1: 0 as near as prompts of other intents, 1 as near as the teacher's own; less again for what is near only because
// it repeats the intent, and for what the cross-scorer takes for no answer.
[[nodiscard]] double relevance(Task task, const Nearness& nearness);

// What two texts share, 0..1.
struct Overlap {
  double words = 0;  // of all their words; function words do not count
  double pairs = 0;  // of the neighbouring words of the one that has fewer: what distinct-2 counts
};
[[nodiscard]] Overlap overlap(const Wording& a, const Wording& b);

// 0..1 from the cosine and the overlap of two siblings.
[[nodiscard]] double distinctness(Task task, double cosine, const Overlap& overlap);

}  // namespace updraft::reward
