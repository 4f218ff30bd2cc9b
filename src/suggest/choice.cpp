#include "suggest/choice.h"

#include <algorithm>
#include <cmath>

#include "reward/relevance.h"

namespace updraft::suggest {
namespace {

constexpr double temper = 0.25;  // exponent of the likelihood beside the reward

}  // namespace

std::vector<Choice> choose(std::string_view intent, Task task, std::span<const Draft> drafts, std::size_t n,
                           std::vector<int> quotas, const reward::Scorer* scorer) {
  std::optional<reward::Assessment> assessment;
  if (scorer != nullptr && !drafts.empty()) {
    std::vector<std::string_view> texts;
    for (const Draft& draft : drafts) texts.push_back(draft.text);
    assessment.emplace(scorer->assess(intent, task, texts));
  }
  const auto novelty = [&](std::size_t i, std::size_t j) {
    if (assessment) return assessment->distinctness(i, j) * (1 - std::max(0.0, assessment->cosine(i, j)));
    return reward::distinctness(task, 0, reward::overlap(drafts[i].text, drafts[j].text));
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
    Candidate* best = nullptr;
    for (const bool within_quota : {true, false}) {
      for (Candidate& candidate : candidates) {
        if (candidate.chosen || (within_quota && quotas[drafts[candidate.choice.draft].group] <= 0)) continue;
        if (best == nullptr || candidate.choice.score * candidate.novelty > best->choice.score * best->novelty)
          best = &candidate;
      }
      if (best != nullptr) break;
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
