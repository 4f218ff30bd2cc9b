#include "reward/relevance.h"

#include <algorithm>
#include <array>
#include <cmath>
#include <set>
#include <vector>

#include "reward/tokens.h"

namespace updraft::reward {
namespace {

template <class Set>
double n_shared(const Set& a, const Set& b) {
  return static_cast<double>(std::count_if(a.begin(), a.end(), [&](const auto& one) { return b.contains(one); }));
}

struct Scale {
  double from, to;  // 0 up to `from`, 1 from `to` on

  [[nodiscard]] double of(double x) const { return std::clamp((x - from) / (to - from), 0.0, 1.0); }
};

// Of each task: cosines of the teacher's prompts to their intents (and to those of others), over 200 training intents:
// query 0.46 at the median (0.11; 0.18 at the upper quartile), related 0.24 (0.10; 0.16), template 0.52 (0.14; 0.21),
// image 0.44 (0.12; 0.19). What they add to the intent is near it by 0.21-0.27 at the median, an ending that fits
// everything by 0.10-0.15 (of pictures, 0.20). Of a prompt and the nearest sibling before it: 0.62, 0.41, 0.73 and 0.71
// at 95 %.
struct Scales {
  Scale whole;
  Scale too_near;  // where being near becomes repetition
  Scale added;     // of what is added to the intent
  Scale sibling;
};
constexpr std::array<Scales, task_count> scales_of_tasks = {{
    {{0.06, 0.45}, {2, 3}, {0.15, 0.40}, {0.65, 0.95}},        // intent: written as a query is
    {{0.06, 0.45}, {2, 3}, {0.15, 0.40}, {0.65, 0.95}},        // query
    {{0.02, 0.24}, {0.50, 0.75}, {0.15, 0.40}, {0.45, 0.90}},  // related
    {{0.07, 0.50}, {2, 3}, {0.15, 0.40}, {0.75, 0.95}},        // template
    {{0.06, 0.43}, {2, 3}, {0.25, 0.45}, {0.75, 0.95}},        // image
}};
const Scales& scales_of(Task task) { return scales_of_tasks[static_cast<std::size_t>(task)]; }

constexpr double echo_cap = 0.1;  // what an echo is worth at most
// Content words that a prompt may share with its intent without being an echo, and those that make it one. Three out of
// four of the teacher's prompts repeat 60 % of the intent's words at most.
constexpr Scale echo_words = {0, 2};
constexpr Scale echo_share = {0.6, 1};
// Siblings share 40 % of their words at most, in 99 % of the cases, and hardly ever two neighbouring words.
constexpr Scale shared_words = {0.4, 0.9};

}  // namespace

std::string addition(const Wording& intent, std::string_view prompt) {
  std::string rest;
  for (const Token& token : all_tokens_of(prompt)) {
    if (is_function_word(token.word) || intent.content.contains(token.stem)) continue;
    rest += (rest.empty() ? "" : " ") + token.word;
  }
  return rest;
}

Repetition repetition(const Wording& intent, const Wording& prompt) {
  if (intent.content.empty()) return {};
  const double n = n_shared(intent.content, prompt.content);
  return {n, n / static_cast<double>(intent.content.size())};
}

Wording wording_of(std::string_view text) {
  Wording wording;
  const std::vector<Token> tokens = all_tokens_of(text);
  for (std::size_t i = 0; i < tokens.size(); ++i) {
    if (!is_function_word(tokens[i].word)) wording.content.insert(tokens[i].stem);
    if (i > 0) wording.pairs.emplace(tokens[i - 1].stem, tokens[i].stem);
  }
  return wording;
}

Overlap overlap(const Wording& a, const Wording& b) {
  const double words = n_shared(a.content, b.content);
  const double all_words = static_cast<double>(a.content.size() + b.content.size()) - words;
  const auto fewer = static_cast<double>(std::min(a.pairs.size(), b.pairs.size()));
  return {all_words > 0 ? words / all_words : 1, fewer > 0 ? n_shared(a.pairs, b.pairs) / fewer : 0};
}

double echo_of(const Repetition& repetition) {
  return echo_words.of(repetition.words) * echo_share.of(repetition.share);
}

double relevance(Task task, const Nearness& nearness) {
  const Scales& scales = scales_of(task);
  const double reached = scales.whole.of(nearness.whole);
  // Without the cross-scorer, what is half as near is a quarter as relevant, for other intents' prompts are seldom
  // quite far.
  const double answers = nearness.logit ? 1 / (1 + std::exp(-*nearness.logit)) : reached;
  const double near = reached * answers * (1 - scales.too_near.of(nearness.whole));
  const double echo = nearness.adds ? echo_of(nearness.repetition) : 1;
  const double worth_of_echo = echo_cap + (1 - echo_cap) * (nearness.adds ? scales.added.of(nearness.addition) : 0);
  return near * (1 - echo * (1 - worth_of_echo));
}

double distinctness(Task task, double cosine, const Overlap& overlap) {
  return std::min(1 - scales_of(task).sibling.of(cosine), 1 - shared_words.of(overlap.words)) * (1 - overlap.pairs);
}

}  // namespace updraft::reward
