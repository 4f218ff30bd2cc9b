#include "encode/resize.h"

#include <gtest/gtest.h>

#include <algorithm>
#include <cmath>
#include <random>

namespace updraft::encode {
namespace {

std::vector<std::uint8_t> some_bytes(int width, int height) {
  std::mt19937 random(7);
  std::vector<std::uint8_t> bytes(static_cast<std::size_t>(width * height * 3));
  for (auto& byte : bytes) byte = static_cast<std::uint8_t>(random());
  return bytes;
}

// The weighted mean of all pixels, one value at a time.
double expected_at(const Pixels& pixels, int side, int x, int y, int colour) {
  const auto weight = [side](int n, int out, int in) {
    const double scale = static_cast<double>(n) / side, reach = std::max(scale, 1.0);
    return std::max(1 - std::abs(in + 0.5 - (out + 0.5) * scale) / reach, 0.0);
  };
  double sum = 0, weights = 0;
  for (int row = 0; row < pixels.height; ++row) {
    for (int column = 0; column < pixels.width; ++column) {
      const double w = weight(pixels.width, x, column) * weight(pixels.height, y, row);
      weights += w;
      sum += w * pixels.rgb[static_cast<std::size_t>((row * pixels.width + column) * 3 + colour)];
    }
  }
  return sum / weights;
}

TEST(Resize, IsTheMeanUnderATriangleAtEveryPlace) {
  constexpr int side = 8;
  kernels::ThreadPool pool(2);
  for (const auto& [width, height] : {std::pair(8, 8), std::pair(16, 8), std::pair(29, 17), std::pair(3, 40),
                                      std::pair(1, 1), std::pair(5, 1), std::pair(200, 2)}) {
    const auto bytes = some_bytes(width, height);
    const Pixels pixels{bytes, width, height};
    const auto out = resized(pixels, side, 127, 128, pool);
    ASSERT_EQ(out.size(), 8U * 8 * 3);
    for (int i = 0; i < side * side * 3; ++i) {
      const double expected = (expected_at(pixels, side, i / 3 % side, i / 3 / side, i % 3) - 127) / 128;
      EXPECT_NEAR(out[static_cast<std::size_t>(i)], expected, 1e-5) << width << " x " << height << " at " << i;
    }
  }
}

// The same for a part of a picture under a cubic; what goes beyond 0 and 255 is cut.
TEST(Resample, IsTheMeanUnderACubicAtEveryPlaceThatIsKept) {
  const auto cubic = [](double x) {
    x = std::abs(x);
    if (x < 1) return 1.5 * x * x * x - 2.5 * x * x + 1;
    return x < 2 ? -0.5 * x * x * x + 2.5 * x * x - 4 * x + 2 : 0;
  };
  const auto weight = [&](int n, int whole, int out, int in) {
    const double scale = static_cast<double>(n) / whole;
    return cubic((in + 0.5 - (out + 0.5) * scale) / std::max(scale, 1.0));
  };
  kernels::ThreadPool pool(2);
  constexpr Cut across{20, 6, 8}, down{10, 1, 8};
  for (const auto& [width, height] : {std::pair(20, 10), std::pair(47, 30), std::pair(7, 4), std::pair(1, 1)}) {
    const auto bytes = some_bytes(width, height);
    const auto out = resampled({bytes, width, height}, across, down, Filter::bicubic, pool);
    ASSERT_EQ(out.size(), 8U * 8 * 3);
    for (int i = 0; i < 8 * 8 * 3; ++i) {
      const int x = i / 3 % 8 + across.first, y = i / 3 / 8 + down.first;
      double sum = 0, weights = 0;
      for (int row = 0; row < height; ++row) {
        for (int column = 0; column < width; ++column) {
          const double w = weight(width, across.whole, x, column) * weight(height, down.whole, y, row);
          weights += w;
          sum += w * bytes[static_cast<std::size_t>((row * width + column) * 3 + i % 3)];
        }
      }
      const double expected = std::clamp(sum / weights, 0.0, 255.0);
      EXPECT_NEAR(out[static_cast<std::size_t>(i)], expected, 1e-3) << width << " x " << height << " at " << i;
    }
  }
}

TEST(Resize, APictureOfTheRightSizeStaysAsItIs) {
  kernels::ThreadPool pool(1);
  const auto bytes = some_bytes(32, 32);
  const auto out = resized({bytes, 32, 32}, 32, 0, 1, pool);
  for (std::size_t i = 0; i < out.size(); ++i) EXPECT_EQ(out[i], bytes[i]);
}

TEST(Resize, DoesNotDependOnThreads) {
  const auto bytes = some_bytes(100, 77);
  kernels::ThreadPool one(1), many(5);
  EXPECT_EQ(resized({bytes, 100, 77}, 33, 127, 128, one), resized({bytes, 100, 77}, 33, 127, 128, many));
}

}  // namespace
}  // namespace updraft::encode
