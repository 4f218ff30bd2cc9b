// The returns of prompts, measured by the reward instead of assumed.
#pragma once

#include <array>
#include <string_view>
#include <utility>
#include <vector>

#include "corpus/corpus.h"
#include "reward/reward.h"

namespace updraft::learn {

// One return, 0..9, for each of a record's prompts.
using Returns = std::array<std::vector<int>, task_count>;

inline constexpr int least_teacher_return = 7;

class Judge {
 public:
  explicit Judge(reward::Scorer scorer) : scorer_(std::move(scorer)) {}

  // Of the teacher's prompts. What is below least_teacher_return counts as that: a quarter of them is, mostly by the
  // reward's mistake, and a model that learns low returns from good prompts no longer tells a low return from a high.
  [[nodiscard]] Returns of(const corpus::Record& record) const;
  // Siblings answer one intent under one task; one return each.
  [[nodiscard]] std::vector<int> of(std::string_view intent, Task task,
                                    std::span<const std::string_view> siblings) const;

 private:
  reward::Scorer scorer_;
};

}  // namespace updraft::learn
