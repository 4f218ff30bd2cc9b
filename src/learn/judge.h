// The returns of prompts, measured by the reward instead of assumed.
#pragma once

#include <array>
#include <string_view>
#include <vector>

#include "corpus/corpus.h"
#include "reward/reward.h"

namespace updraft::learn {

// One return, 0..9, for each of a record's prompts.
using Returns = std::array<std::vector<int>, task_count>;

class Judge {
 public:
  explicit Judge(const encode::TextEncoder& encoder) : scorer_(encoder) {}

  [[nodiscard]] Returns of(const corpus::Record& record) const;
  // Siblings answer one intent under one task; one return each.
  [[nodiscard]] std::vector<int> of(std::string_view intent, Task task,
                                    std::span<const std::string_view> siblings) const;

 private:
  reward::Scorer scorer_;
};

}  // namespace updraft::learn
