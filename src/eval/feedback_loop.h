// The loop from suggestions to what people do with them and back, with a simulated population (population.h): what they
// do is told as events, and click-through is compared.
#pragma once

#include <cstdint>
#include <functional>
#include <span>
#include <string>
#include <vector>

#include "corpus/corpus.h"
#include "eval/population.h"
#include "reward/reward.h"
#include "updraft/feedback.h"
#include "updraft/result.h"
#include "updraft/suggest.h"

namespace updraft::eval {

// What a system shows for an intent, the best first.
using Suggest = std::function<Result<std::vector<Suggestion>>(const std::string& intent, std::uint64_t seed)>;

struct LoopOptions {
  Task task = Task::template_;
  std::size_t people = 50;  // who see the list of an intent
  std::uint64_t seed = 0;
  std::string round = "1";  // in the ids of events
  // Share of the lists in which a person sees two prompts, drawn by chance, in each other's places: what tells position
  // from appeal.
  double swapped = 0.3;
};

struct Loop {
  const Suggest& suggest;
  const Population& population;
  const reward::Scorer& scorer;
  std::function<void(std::size_t done, std::size_t all)> on_progress = [](std::size_t, std::size_t) {};
};

// Shows each record's suggestions to people, and tells what they do. Errors: those of `suggest` and `tell`.
[[nodiscard]] Result<> show(const Loop& loop, std::span<const corpus::Record> records, const LoopOptions& options,
                            const std::function<Result<>(std::span<const FeedbackEvent>)>& tell);

// Of one intent.
struct ClickThrough {
  std::uint64_t shown = 0, clicked = 0;  // prompts, over all people
  double relevance = 0;                  // mean of its prompts
  double liked_style = 0;                // share of its prompts that are in a style that is liked
};

// The same people see the suggestions in the order in which they come, nothing is told.
[[nodiscard]] Result<std::vector<ClickThrough>> measure(const Loop& loop, std::span<const corpus::Record> records,
                                                        const LoopOptions& options);

struct Interval {
  double value = 0, low = 0, high = 0;  // 95 % of the bootstrap samples lie between low and high
};

// How much more is clicked on in `after` than in `before`, as a share of the latter: 0.2 is a fifth more. Both are of
// the same intents, which are drawn anew 10,000 times (the percentile bootstrap; Efron 1979).
[[nodiscard]] Interval lift(std::span<const ClickThrough> before, std::span<const ClickThrough> after,
                            std::uint64_t seed);

// Clicks per prompt that was shown.
[[nodiscard]] double rate(std::span<const ClickThrough> all);

struct LoopReport {
  std::size_t people = 0;
  std::vector<ClickThrough> before, after;
  Interval lift;
};

[[nodiscard]] std::string to_text(const LoopReport& report);
[[nodiscard]] std::string to_json(const LoopReport& report);  // indented, with a line break at the end

}  // namespace updraft::eval
