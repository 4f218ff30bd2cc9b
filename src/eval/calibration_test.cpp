#include "eval/calibration.h"

#include <gtest/gtest.h>

#include <cmath>

#include "decode/random.h"

namespace updraft::eval {
namespace {

TEST(CalibrationError, IsNothingWhereProbabilitiesKeepTheirWord) {
  std::vector<Forecast> forecasts;
  for (int i = 0; i < 10; ++i) forecasts.push_back({0.7, i < 7});
  for (int i = 0; i < 10; ++i) forecasts.push_back({0.2, i < 2});
  EXPECT_NEAR(calibration_error(forecasts), 0, 1e-12);
}

TEST(CalibrationError, IsTheMeanDistanceOverTheBins) {
  // 0.9 and half right: off by 0.4, three times out of four; 0 and never right: not off.
  const std::vector<Forecast> forecasts = {{0.9, true}, {0.9, false}, {0, false}, {1.0, true}};
  EXPECT_NEAR(calibration_error(forecasts, 10), (3 * std::abs(2.8 / 3 - 2.0 / 3)) / 4, 1e-12);
  EXPECT_EQ(calibration_error({}), 0);
}

TEST(FitLogistic, FindsTheWeightsThatMadeTheData) {
  decode::Random random(1);
  std::vector<std::vector<double>> features;
  std::vector<bool> right;
  for (int i = 0; i < 20000; ++i) {
    const double x = 4 * random.uniform() - 2, y = 4 * random.uniform() - 2;
    features.push_back({1, x, y});
    right.push_back(random.uniform() < 1 / (1 + std::exp(-(0.5 + 2 * x - y))));
  }
  const std::vector<double> weights = fit_logistic(features, right);
  EXPECT_NEAR(weights[0], 0.5, 0.1);
  EXPECT_NEAR(weights[1], 2, 0.15);
  EXPECT_NEAR(weights[2], -1, 0.1);
}

TEST(FitLogistic, StaysFiniteWhereOneSideIsAlwaysRight) {
  const std::vector<std::vector<double>> features = {{1, 1}, {1, 0}, {1, 1}};
  for (const double weight : fit_logistic(features, {true, false, true})) EXPECT_TRUE(std::isfinite(weight));
}

}  // namespace
}  // namespace updraft::eval
