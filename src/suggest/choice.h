// Which of the texts that were drawn are shown: the best that differ.
#pragma once

#include <cstddef>
#include <optional>
#include <span>
#include <string>
#include <string_view>
#include <vector>

#include "reward/reward.h"
#include "updraft/task.h"

namespace updraft::suggest {

// A text that could be shown.
struct Draft {
  std::string text;
  std::size_t group = 0;  // of the drafts that answer the same command
  double likelihood = 0;  // geometric mean of its tokens' probabilities, 0..1
};

struct Choice {
  std::size_t draft = 0;  // its place
  double score = 0;       // 0..1; without siblings
};

// At most n of the drafts, greedily: each next one has the highest score, less what it shares with those chosen before
// (maximal marginal relevance, Carbonell and Goldstein 1998, with the reward's distinctness and the cosine as
// measures). A group gives
// as many as its quota says, more when the others have nothing nearly as good.
//
// The score is the reward, tempered by the likelihood: of two that are worth the same, the model's own choice is the
// better one. Without a scorer it is the likelihood, and texts differ by their words.
[[nodiscard]] std::vector<Choice> choose(std::string_view intent, Task task, std::span<const Draft> drafts,
                                         std::size_t n, std::vector<int> quotas, const reward::Scorer* scorer);

}  // namespace updraft::suggest
