#include "decode/sampler.h"

#include <gtest/gtest.h>

#include <algorithm>
#include <cmath>
#include <limits>
#include <map>
#include <random>

namespace updraft::decode {
namespace {

std::vector<Candidate> candidates(std::vector<float> logits, SamplingOptions options) {
  std::vector<Candidate> out;
  find_candidates(kernels::best_kernels(), logits, options, out);
  return out;
}

TEST(Sampler, TemperatureZeroTakesTheLikeliestAndTheFirstOfEqualOnes) {
  const auto found = candidates({1, 5, 5, 2}, {.temperature = 0});
  ASSERT_EQ(found.size(), 1U);
  EXPECT_EQ(found[0].index, 1);
  EXPECT_FLOAT_EQ(found[0].probability, 1);
}

TEST(Sampler, MinPDropsWhatIsFarBelowTheLikeliest) {
  // ratios to the likeliest at temperature 1: 1, 0.2, 0.04
  const auto found = candidates({0, std::log(0.2F), std::log(0.04F)}, {.temperature = 1, .top_p = 1, .min_p = 0.05F});
  ASSERT_EQ(found.size(), 2U);
  EXPECT_NEAR(found[0].probability, 1 / 1.2, 1e-6);
  EXPECT_NEAR(found[1].probability, 0.2 / 1.2, 1e-6);
}

TEST(Sampler, TopPKeepsTheFewestThatReachTheShare) {
  const auto found =
      candidates({std::log(0.5F), std::log(0.3F), std::log(0.2F)}, {.temperature = 1, .top_p = 0.75F, .min_p = 0});
  ASSERT_EQ(found.size(), 2U);
  EXPECT_NEAR(found[0].probability + found[1].probability, 1, 1e-6);
}

TEST(Sampler, KeptCandidatesShareTheProbabilityOfThoseThatGo) {
  auto found = candidates({std::log(0.5F), std::log(0.3F), std::log(0.2F)}, {.temperature = 1, .top_p = 1, .min_p = 0});
  keep_candidates(found, [](const Candidate& candidate) { return candidate.index != 1; });
  ASSERT_EQ(found.size(), 2U);
  EXPECT_EQ(found[1].index, 2);
  EXPECT_NEAR(found[0].probability, 5.0 / 7, 1e-6);
  EXPECT_NEAR(found[1].probability, 2.0 / 7, 1e-6);
  keep_candidates(found, [](const Candidate&) { return false; });
  EXPECT_EQ(found.size(), 2U);
}

TEST(Sampler, FindsAmongManyWhatLookingAtEachOneFinds) {
  std::mt19937 random(1);
  std::normal_distribution<float> normal(0, 3);
  const SamplingOptions options{.temperature = 1, .top_p = 1, .min_p = 0.05F};
  for (const std::size_t n : {1U, 15U, 255U, 256U, 257U, 1000U}) {
    std::vector<float> logits;
    for (std::size_t i = 0; i < n; ++i) logits.push_back(normal(random));
    const float floor = *std::max_element(logits.begin(), logits.end()) + std::log(options.min_p);
    std::vector<int> expected, found;
    for (std::size_t i = 0; i < n; ++i) {
      if (logits[i] >= floor) expected.push_back(static_cast<int>(i));
    }
    for (const Candidate& candidate : candidates(logits, options)) found.push_back(candidate.index);
    std::sort(found.begin(), found.end());
    EXPECT_EQ(found, expected) << n;
  }
}

TEST(Sampler, MinusInfinityIsNeverACandidate) {
  const float never = -std::numeric_limits<float>::infinity();
  const auto found = candidates({never, 0, never}, {.temperature = 2, .top_p = 1, .min_p = 0});
  ASSERT_EQ(found.size(), 1U);
  EXPECT_EQ(found[0].index, 1);
}

TEST(Path, DrawsAsOftenAsTheProbabilitiesSay) {
  const auto found =
      candidates({std::log(0.6F), std::log(0.3F), std::log(0.1F)}, {.temperature = 1, .top_p = 1, .min_p = 0});
  constexpr int n = 400, length = 100;  // long enough to use a point's digits up
  std::map<int, int> counts;
  for (int i = 0; i < n; ++i) {
    Random random = Random::of(7, 0, static_cast<std::uint64_t>(i));
    const double point = random.uniform();
    Path path(point, random);
    for (int j = 0; j < length; ++j) ++counts[found[path.next(found)].index];
  }
  EXPECT_NEAR(counts[0], 0.6 * n * length, 0.02 * n * length);
  EXPECT_NEAR(counts[1], 0.3 * n * length, 0.02 * n * length);
  EXPECT_NEAR(counts[2], 0.1 * n * length, 0.02 * n * length);
}

TEST(Path, EvenlySpreadPointsCoverTheCandidatesInProportion) {
  const auto found =
      candidates({std::log(0.5F), std::log(0.25F), std::log(0.25F)}, {.temperature = 1, .top_p = 1, .min_p = 0});
  std::map<std::pair<int, int>, int> counts;  // of pairs of tokens
  for (int i = 0; i < 16; ++i) {
    Path path((i + 0.5) / 16, Random(0));
    const int first = found[path.next(found)].index;
    ++counts[{first, found[path.next(found)].index}];
  }
  EXPECT_EQ((counts[{0, 0}]), 4);
  EXPECT_EQ((counts[{0, 1}]), 2);
  EXPECT_EQ((counts[{1, 0}]), 2);
  EXPECT_EQ((counts[{2, 2}]), 1);
}

TEST(Random, StreamsOfOneSeedDiffer) {
  EXPECT_NE(Random::of(1, 0, 0).next(), Random::of(1, 1, 0).next());
  EXPECT_NE(Random::of(1, 0, 0).next(), Random::of(1, 0, 1).next());
  EXPECT_NE(Random::of(1, 0, 0).next(), Random::of(2, 0, 0).next());
  EXPECT_EQ(Random::of(1, 2, 3).next(), Random::of(1, 2, 3).next());
}

}  // namespace
}  // namespace updraft::decode
