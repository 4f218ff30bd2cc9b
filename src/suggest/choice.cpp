#include "suggest/choice.h"

#include <algorithm>
#include <array>
#include <cmath>

#include "reward/relevance.h"

namespace updraft::suggest {
namespace {

constexpr double temper = 0.25;     // exponent of the likelihood beside the reward
constexpr double over_quota = 0.7;  // what is left of the worth of one more from a group
// Exponent of the distance between suggestions. Short ones need more of it to be as far apart as the teacher's.
constexpr std::array<double, task_count> spreading = {1, 4, 3, 1, 1};

}  // namespace

std::vector<Choice> choose(std::string_view intent, Task task, std::span<const Draft> drafts, std::size_t n,
                           std::vector<int> quotas, const reward::Scorer* scorer) {
  std::optional<reward::Assessment> assessment;
  std::vector<reward::Wording> wordings;  // compared where there is no scorer
  if (scorer != nullptr && !drafts.empty()) {
    std::vector<std::string_view> texts;
    for (const Draft& draft : drafts) texts.push_back(draft.text);
    assessment.emplace(scorer->assess(intent, task, texts));
  } else {
    for (const Draft& draft : drafts) wordings.push_back(reward::wording_of(draft.text));
  }
  const auto novelty = [&](std::size_t i, std::size_t j) {
    if (assessment) {
      const double distance = 1 - std::max(0.0, assessment->cosine(i, j));
      return assessment->distinctness(i, j) * std::pow(distance, spreading[static_cast<std::size_t>(task)]);
    }
    return reward::distinctness(task, 0, reward::overlap(wordings[i], wordings[j]));
  };

  struct Candidate {
    Choice choice;
    double novelty = 1;  // beside those chosen so far
    bool chosen = false;
  };
  std::vector<Candidate> candidates(drafts.size());
  for (std::size_t i = 0; i < drafts.size(); ++i) {
    const double likelihood = drafts[i].likelihood;
    candidates[i].choice = {i, assessment ? assessment->alone(i).total * std::pow(likelihood, temper) : likelihood};
  }

  std::vector<Choice> choices;
  while (choices.size() < std::min(n, drafts.size())) {
    const auto value = [&](const Candidate& candidate) {
      const bool over = quotas[drafts[candidate.choice.draft].group] <= 0;
      return candidate.choice.score * candidate.novelty * (over ? over_quota : 1);
    };
    Candidate* best = nullptr;
    for (Candidate& candidate : candidates) {
      if (!candidate.chosen && (best == nullptr || value(candidate) > value(*best))) best = &candidate;
    }
    best->chosen = true;
    --quotas[drafts[best->choice.draft].group];
    choices.push_back(best->choice);
    for (Candidate& candidate : candidates) {
      if (!candidate.chosen) {
        candidate.novelty = std::min(candidate.novelty, novelty(candidate.choice.draft, best->choice.draft));
      }
    }
  }
  return choices;
}

}  // namespace updraft::suggest
