#include "reward/reward.h"

#include <algorithm>
#include <array>
#include <string>

#include "reward/constraints.h"
#include "reward/fluency.h"
#include "reward/relevance.h"

namespace updraft::reward {
namespace {

// The least total of returns 1 to 9. src/reward/calibrate.cpp measures them over training intents: 9, 8 and 7 are what
// 50, 65 and 80 % of the teacher's prompts reach, the others lie evenly below 7.
struct Thresholds {
  std::array<double, 9> least;
};
const Thresholds& thresholds_of(Task task) {
  static constexpr Thresholds query = {{0.06, 0.12, 0.18, 0.24, 0.30, 0.36, 0.42, 0.65, 0.90}};
  static constexpr Thresholds related = {{0.06, 0.12, 0.18, 0.24, 0.30, 0.36, 0.42, 0.65, 0.90}};
  static constexpr Thresholds template_ = {{0.06, 0.12, 0.18, 0.24, 0.30, 0.36, 0.42, 0.65, 0.90}};
  static constexpr Thresholds image = {{0.06, 0.12, 0.18, 0.24, 0.30, 0.36, 0.42, 0.65, 0.90}};
  switch (task) {
    case Task::intent:
    case Task::query:
      return query;
    case Task::related:
      return related;
    case Task::template_:
      return template_;
    case Task::image:
      return image;
  }
  return query;
}

}  // namespace

std::vector<Reward> Scorer::score(std::string_view intent, Task task,
                                  std::span<const std::string_view> siblings) const {
  // One batch: the intent, the siblings, what each of them adds to the intent.
  const std::size_t n = siblings.size();
  std::vector<std::string> additions;
  for (const std::string_view text : siblings) additions.push_back(addition(intent, text));
  std::vector<std::string_view> texts = {intent};
  texts.insert(texts.end(), siblings.begin(), siblings.end());
  texts.insert(texts.end(), additions.begin(), additions.end());
  const std::vector<float> points = encoder_.encode(texts);
  const auto point = [&](std::size_t i) {
    const std::size_t d = points.size() / texts.size();
    return std::span<const float>(points).subspan(i * d, d);
  };

  const Constraints constraints = read_constraints(intent);
  std::vector<Reward> rewards(n);
  for (std::size_t i = 0; i < n; ++i) {
    Reward& reward = rewards[i];
    Nearness nearness;
    nearness.whole = encode::cosine(point(0), point(1 + i));
    nearness.adds = !additions[i].empty();
    nearness.addition = encode::cosine(point(0), point(1 + n + i));
    nearness.repetition = repetition(intent, siblings[i]);
    reward.relevance = relevance(task, nearness);
    reward.constraints = check(constraints, task, siblings[i]).value;
    reward.distinctness = 1;
    for (std::size_t j = 0; j < i; ++j) {
      const double cosine = encode::cosine(point(1 + i), point(1 + j));
      reward.distinctness =
          std::min(reward.distinctness, distinctness(task, cosine, overlap(siblings[i], siblings[j])));
    }
    reward.fluency = fluency(task, siblings[i]).value;
    reward.total = reward.relevance * reward.constraints * reward.distinctness * reward.fluency;
  }
  return rewards;
}

int return_of(const Reward& reward, Task task) {
  const auto& least = thresholds_of(task).least;
  return static_cast<int>(std::upper_bound(least.begin(), least.end(), reward.total) - least.begin());
}

}  // namespace updraft::reward
