// For tests: a cross-scorer of random weights.
#pragma once

#include <random>

#include "reward/cross_scorer.h"

namespace updraft::reward::test {

inline CrossScorerWeights random_weights(const CrossScorerShape& shape, unsigned seed = 1) {
  CrossScorerWeights weights(shape);
  std::mt19937 random(seed);
  std::normal_distribution<float> normal(0.0F, 0.2F);
  CrossScorerWeights::each(weights, [&](const auto&, const auto&, std::vector<float>& values) {
    for (float& x : values) x = normal(random);
  });
  return weights;
}

}  // namespace updraft::reward::test
