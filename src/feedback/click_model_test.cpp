#include "feedback/click_model.h"

#include <gtest/gtest.h>

#include <cmath>

#include "decode/random.h"

namespace updraft::feedback {
namespace {

constexpr std::size_t n_positions = 8;

double true_look(std::size_t position) { return 1 / (1 + 0.6 * static_cast<double>(position)); }

// People who look at a position as true_look says, and who like things by their appeal. Things stand at random
// positions, or (`fixed`) each always at its own.
std::vector<Shown> watched(std::span<const double> appeals, bool fixed, int times) {
  decode::Random random(1);
  std::vector<Shown> all;
  for (std::size_t q = 0; q < appeals.size(); ++q) {
    for (std::size_t k = 0; k < n_positions; ++k) {
      if (fixed && q % n_positions != k) continue;
      Shown cell{q, k, static_cast<double>(times), 0};
      for (int i = 0; i < times; ++i) {
        if (random.uniform() < true_look(k) * appeals[q]) ++cell.acted;
      }
      all.push_back(cell);
    }
  }
  return all;
}

TEST(ClickModel, FindsHowLikelyPeopleLookWhereThingsChangeTheirPlaces) {
  std::vector<double> appeals;
  for (int q = 0; q < 60; ++q) appeals.push_back(0.05 + 0.01 * q);
  const auto look = estimate_looks(watched(appeals, false, 200), appeals.size(), n_positions);
  ASSERT_EQ(look.size(), n_positions);
  for (std::size_t k = 0; k < n_positions; ++k) EXPECT_NEAR(look[k], true_look(k), 0.03) << k;
}

TEST(ClickModel, FindsItWhereFewPeopleDoAnything) {
  std::vector<double> appeals;
  for (int q = 0; q < 200; ++q) appeals.push_back(q % 10 == 0 ? 0.2 : 0.04);
  const auto look = estimate_looks(watched(appeals, false, 30), appeals.size(), n_positions);
  for (std::size_t k = 0; k < n_positions; ++k) EXPECT_NEAR(look[k] / look[0], true_look(k), 0.08) << k;
}

TEST(ClickModel, IsRightOnAverageWhereThingsOfAlikeAppealNeverMove) {
  const std::vector<double> appeals(400, 0.3);
  const auto look = estimate_looks(watched(appeals, true, 20), appeals.size(), n_positions);
  for (std::size_t k = 0; k < n_positions; ++k) EXPECT_NEAR(look[k], true_look(k), 0.08) << k;
}

TEST(ClickModel, TakesAPositionThatWasHardlyShownToBeLikeTheOneAboveIt) {
  const std::vector<Shown> all = {{0, 0, 1000, 500}, {0, 1, 1000, 250}, {0, 3, 1, 0}};
  const auto look = estimate_looks(all, 1, 5);
  EXPECT_NEAR(look[1], 0.5, 0.05);
  EXPECT_NEAR(look[2], look[1], 1e-3);
  EXPECT_NEAR(look[3], look[2], 0.1);
  EXPECT_NEAR(look[4], look[3], 1e-3);
}

TEST(ClickModel, KnowsNothingWithoutActs) {
  const std::vector<Shown> all = {{0, 0, 10, 0}, {1, 1, 10, 0}};
  for (const double look : estimate_looks(all, 2, 2)) EXPECT_EQ(look, 1);
  EXPECT_TRUE(estimate_looks({}, 0, 0).empty());
}

}  // namespace
}  // namespace updraft::feedback
