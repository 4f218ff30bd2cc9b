#include "encode/gelu.h"

#include <gtest/gtest.h>

#include <array>
#include <cmath>
#include <limits>
#include <vector>

namespace updraft::encode {
namespace {

TEST(Gelu, IsTheExactFormToAMillionth) {
  std::vector<float> x;
  for (int i = -120'000; i <= 120'000; ++i) x.push_back(static_cast<float>(i) / 10'000);
  std::vector<float> y = x;
  gelu(y);
  for (std::size_t i = 0; i < x.size(); ++i) {
    ASSERT_NEAR(y[i], 0.5 * x[i] * (1 + std::erf(x[i] / std::sqrt(2.0))), 1e-6) << x[i];
  }
}

TEST(Gelu, LeavesLargeValuesAndDropsSmallOnes) {
  std::array<float, 4> x = {1e30F, 50, -50, -1e6F};
  gelu(x);
  EXPECT_FLOAT_EQ(x[0], 1e30F);
  EXPECT_FLOAT_EQ(x[1], 50);
  EXPECT_NEAR(x[2], 0, 1e-5);
  EXPECT_NEAR(x[3] / 1e6F, 0, 1e-6);
}

}  // namespace
}  // namespace updraft::encode
