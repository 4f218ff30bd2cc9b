#include "learn/cross_scorer_net.h"

#include <gtest/gtest.h>

#include <array>
#include <cmath>

namespace updraft::learn {
namespace {

constexpr reward::CrossScorerShape small = {.dimension = 12, .width = 8, .hidden = 6};

std::vector<float> unit_point(decode::Random& random) {
  std::vector<float> point(small.dimension);
  float squares = 0;
  for (float& x : point) x = static_cast<float>(random.uniform()) - 0.5F, squares += x * x;
  for (float& x : point) x /= std::sqrt(squares);
  return point;
}

// An intent and three prompts by chance; keeps the points.
struct Case {
  std::vector<std::vector<float>> points;
  CrossExample example;

  Case(const Case&) = delete;  // the example refers to the points
  Case& operator=(const Case&) = delete;
  explicit Case(Task task, std::uint64_t seed) {
    decode::Random random(seed);
    for (int i = 0; i < 4; ++i) points.push_back(unit_point(random));
    example.task = task;
    example.intent = points[0];
    for (std::size_t i = 1; i < points.size(); ++i) {
      example.prompts.emplace_back(points[i]);
      for (float& x : example.lexical.emplace_back()) x = static_cast<float>(random.uniform());
    }
  }
  [[nodiscard]] std::vector<double> logits(const reward::CrossScorerWeights& weights) const {
    std::vector<float> prompts;
    for (const auto& prompt : example.prompts) prompts.insert(prompts.end(), prompt.begin(), prompt.end());
    return reward::CrossScorer(weights).logits(example.task, example.intent, prompts, example.lexical);
  }
};

// The loss once more, from the logits of the scorer that is used.
double loss_of(const std::vector<double>& logits) {
  double sum = 0, others = 0;
  for (const double logit : logits) sum += std::exp(logit);
  for (std::size_t i = 1; i < logits.size(); ++i) others += std::log1p(std::exp(logits[i]));
  return std::log(sum) - logits[0] + std::log1p(std::exp(-logits[0])) +
         2 * others / static_cast<double>(logits.size() - 1);
}

TEST(CrossScorerNet, LearnsTheLossOfTheScorerThatIsUsedAndItsGradient) {
  for (const Task task : prompt_tasks) {
    CrossScorerNet net(small, 3);
    const Case one(task, 5);
    decode::Random random(1);
    EXPECT_NEAR(net.learn(one.example, 0, random), loss_of(one.logits(net.weights())), 1e-4);
    // Against differences, at some places of each tensor.
    std::vector<std::vector<float>> gradients;
    reward::CrossScorerWeights::each(net.gradient(), [&](const auto&, const auto&, const std::vector<float>& values) {
      gradients.push_back(values);
    });
    reward::CrossScorerWeights weights = net.weights();
    std::size_t part = 0, n_moved = 0;
    reward::CrossScorerWeights::each(weights, [&](const std::string& name, const auto&, std::vector<float>& values) {
      for (std::size_t i = 0; i < values.size(); i += 1 + values.size() / 97) {
        constexpr float step = 1e-3F;
        const float middle = values[i];
        values[i] = middle + step;
        const double above = loss_of(one.logits(weights));
        values[i] = middle - step;
        const double below = loss_of(one.logits(weights));
        values[i] = middle;
        const double expected = (above - below) / (2 * step);
        EXPECT_NEAR(gradients[part][i], expected, 2e-2 + 0.02 * std::abs(expected)) << name << ' ' << i;
        n_moved += std::abs(expected) > 0.05 ? 1 : 0;
      }
      ++part;
    });
    EXPECT_GT(n_moved, 50U);
  }
}

TEST(CrossScorerNet, LearnsWhichPromptAnswers) {
  CrossScorerNet net({.dimension = small.dimension, .width = small.width, .hidden = 16}, 3);
  const Case a(Task::query, 1), b(Task::query, 2), c(Task::image, 3);
  const std::array<const Case*, 3> cases = {&a, &b, &c};
  decode::Random random(1);
  double first = 0, last = 0;
  for (int step = 0; step < 200; ++step) {
    last = 0;
    for (const Case* one : cases) last += net.learn(one->example, 0.05, random);
    if (step == 0) first = last;
    net.update(0.003);
  }
  EXPECT_LT(last, 0.3 * first);
  for (const Case* one : cases) {
    const auto logits = one->logits(net.weights());
    EXPECT_GT(logits[0], 0);
    EXPECT_LT(logits[1], 0);
    EXPECT_LT(logits[2], 0);
  }
}

}  // namespace
}  // namespace updraft::learn
