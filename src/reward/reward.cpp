#include "reward/reward.h"

#include <algorithm>
#include <array>
#include <string>

#include "reward/constraints.h"
#include "reward/fluency.h"
#include "reward/relevance.h"

namespace updraft::reward {
namespace {

constexpr double made_up_word = 0.1;  // what is left of the fluency

// The least total of returns 1 to 9. src/reward/calibrate.cpp measures them over training intents: 9, 8 and 7 are about
// what 50, 65 and 80 % of the teacher's prompts reach (7 of queries and related ideas 75 %, for others come nearer to
// these), the others lie evenly below 7.
using Thresholds = std::array<std::array<double, 9>, task_count>;
constexpr Thresholds thresholds = {{
    {0.03, 0.06, 0.09, 0.11, 0.14, 0.17, 0.20, 0.39, 0.62},  // intent: written as a query is
    {0.03, 0.06, 0.09, 0.11, 0.14, 0.17, 0.20, 0.39, 0.62},  // query
    {0.07, 0.13, 0.19, 0.26, 0.32, 0.39, 0.45, 0.61, 0.78},  // related
    {0.04, 0.08, 0.12, 0.15, 0.19, 0.23, 0.27, 0.46, 0.60},  // template
    {0.03, 0.07, 0.10, 0.13, 0.16, 0.20, 0.23, 0.44, 0.60},  // image
}};
// By the cosine alone, without a cross-scorer.
constexpr Thresholds thresholds_of_cosine = {{
    {0.03, 0.07, 0.10, 0.13, 0.16, 0.20, 0.23, 0.53, 0.79},  // intent: written as a query is
    {0.03, 0.07, 0.10, 0.13, 0.16, 0.20, 0.23, 0.53, 0.79},  // query
    {0.04, 0.08, 0.12, 0.16, 0.20, 0.24, 0.28, 0.58, 0.87},  // related
    {0.06, 0.12, 0.18, 0.23, 0.29, 0.35, 0.41, 0.61, 0.79},  // template
    {0.04, 0.08, 0.12, 0.16, 0.20, 0.24, 0.28, 0.54, 0.81},  // image
}};

}  // namespace

double Assessment::distinctness(std::size_t i, std::size_t j) const {
  return reward::distinctness(task_, cosine(i, j), overlap(wordings_[i], wordings_[j]));
}

double Assessment::cosine(std::size_t i, std::size_t j) const { return encode::cosine(point(i), point(j)); }

double Assessment::cosine_to_intent(std::size_t i) const { return cosine(i, size()); }

std::vector<Reward> Assessment::in_order() const {
  std::vector<Reward> rewards = rewards_;
  for (std::size_t i = 0; i < size(); ++i) {
    for (std::size_t j = 0; j < i; ++j) {
      rewards[i].distinctness = std::min(rewards[i].distinctness, distinctness(i, j));
    }
    rewards[i].total *= rewards[i].distinctness;
  }
  return rewards;
}

Result<Scorer> Scorer::load(const std::filesystem::path& path, const encode::TextEncoder::Options& options) {
  auto encoder = encode::TextEncoder::load(path, options);
  if (!encoder) return tl::unexpected(encoder.error());
  auto cross = CrossScorer::beside(path, encoder->dimension());
  if (!cross) return tl::unexpected(cross.error());
  auto lexicon = Lexicon::beside(path);
  if (!lexicon) return tl::unexpected(lexicon.error());
  return Scorer(*std::move(encoder), *std::move(cross), *std::move(lexicon));
}

Assessment Scorer::assess(std::string_view intent, Task task, std::span<const std::string_view> prompts) const {
  // One batch: the prompts, the intent, what the prompts that echo the intent add to it.
  const std::size_t n = prompts.size();
  std::vector<Nearness> nearness(n);
  std::vector<std::string> additions(n);
  std::vector<std::string_view> texts(prompts.begin(), prompts.end());
  texts.push_back(intent);
  std::vector<std::size_t> point_of_addition(n);
  Assessment assessment;
  const Wording wording = wording_of(intent);
  for (std::size_t i = 0; i < n; ++i) {
    assessment.wordings_.push_back(wording_of(prompts[i]));
    additions[i] = addition(wording, prompts[i]);
    nearness[i].adds = !additions[i].empty();
    nearness[i].repetition = repetition(wording, assessment.wordings_[i]);
    if (nearness[i].adds && echo_of(nearness[i].repetition) > 0) {
      point_of_addition[i] = texts.size();
      texts.push_back(additions[i]);
    }
  }
  assessment.task_ = task;
  assessment.points_ = encoder_.encode(texts);
  assessment.dimension_ = assessment.points_.size() / texts.size();

  const Constraints constraints = read_constraints(intent);
  std::vector<ConstraintCheck> checks;
  for (const std::string_view prompt : prompts) checks.push_back(check(constraints, task, prompt));
  std::vector<double> logits;
  if (cross_) {
    const LexicalReader reader(intent, constraints);
    std::vector<LexicalFeatures> lexical;
    for (std::size_t i = 0; i < n; ++i) lexical.push_back(reader.of(task, prompts[i], checks[i]));
    logits = cross_->logits(task, assessment.point(n), assessment.points_, lexical);
  }
  assessment.rewards_.resize(n);
  for (std::size_t i = 0; i < n; ++i) {
    Reward& reward = assessment.rewards_[i];
    nearness[i].whole = assessment.cosine(n, i);
    if (point_of_addition[i] > 0) nearness[i].addition = assessment.cosine(n, point_of_addition[i]);
    if (cross_) nearness[i].logit = logits[i];
    reward.relevance = relevance(task, nearness[i]);
    reward.constraints = checks[i].value;
    reward.distinctness = 1;
    reward.fluency = fluency(task, prompts[i]).value;
    if (lexicon_ && !lexicon_->covers(prompts[i], intent)) reward.fluency *= made_up_word;
    reward.total = reward.relevance * reward.constraints * reward.fluency;
  }
  assessment.points_.resize((n + 1) * assessment.dimension_);
  return assessment;
}

int Scorer::return_of(const Reward& reward, Task task) const {
  const auto& least = (cross_ ? thresholds : thresholds_of_cosine)[static_cast<std::size_t>(task)];
  return static_cast<int>(std::upper_bound(least.begin(), least.end(), reward.total) - least.begin());
}

}  // namespace updraft::reward
