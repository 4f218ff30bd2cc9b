// What a prompt is worth as an answer to an intent: the reward that training relabels with, as a return of 0..9.
#pragma once

#include <span>
#include <string_view>
#include <vector>

#include "encode/text_encoder.h"
#include "updraft/task.h"

namespace updraft::reward {

// Each 0..1. A prompt is as good as its parts together: the total is their product.
struct Reward {
  double relevance = 0;     // speaks of the intent and adds to it
  double constraints = 0;   // keeps what the intent states (constraints.h)
  double distinctness = 0;  // differs from the siblings before it
  double fluency = 0;       // reads well (fluency.h)
  double total = 0;
};

class Scorer {
 public:
  // Keeps a reference to the encoder.
  explicit Scorer(const encode::TextEncoder& encoder) : encoder_(encoder) {}

  // One reward a sibling. Siblings answer one intent under one task; of two that are nearly equal the first keeps its
  // worth. Not for two threads at a time, as the encoder is not.
  [[nodiscard]] std::vector<Reward> score(std::string_view intent, Task task,
                                          std::span<const std::string_view> siblings) const;

 private:
  const encode::TextEncoder& encoder_;
};

// 0..9, by the task's table of thresholds.
[[nodiscard]] int return_of(const Reward& reward, Task task);

}  // namespace updraft::reward
