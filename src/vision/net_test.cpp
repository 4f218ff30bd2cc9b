#include "vision/net.h"

#include <gtest/gtest.h>

#include <cmath>

namespace updraft::vision {
namespace {

constexpr NetShape shape{.inputs = 7, .hidden = 6, .points = 5, .tags = 4};

Batch some_batch() {
  decode::Random random(5);
  Batch batch{.n = 5, .x = {}, .texts = {}, .labels = {}};
  for (std::size_t i = 0; i < batch.n * shape.inputs; ++i)
    batch.x.push_back(static_cast<float>(random.uniform() * 2 - 1));
  for (std::size_t i = 0; i < batch.n; ++i) {
    double square = 0;
    const std::size_t at = batch.texts.size();
    for (std::size_t c = 0; c < shape.points; ++c) {
      batch.texts.push_back(static_cast<float>(random.uniform() * 2 - 1));
      square += batch.texts.back() * batch.texts.back();
    }
    for (std::size_t c = at; c < batch.texts.size(); ++c) batch.texts[c] /= static_cast<float>(std::sqrt(square));
  }
  for (std::size_t i = 0; i < batch.n * shape.tags; ++i) batch.labels.push_back(random.uniform() < 0.3 ? 1 : 0);
  return batch;
}

TEST(VisionNet, GradientsAgreeWithDifferences) {
  decode::Random random(3);
  Weights weights = Weights::chance(shape, random), gradient = Weights::zeros(shape), ignored = Weights::zeros(shape);
  const Batch batch = some_batch();
  for (const double soft : {0.0, 0.3}) {
    const LossOptions options{.tag_weight = 0.7, .soft = soft};
    const auto loss = [&] {
      const Losses losses = backward(shape, weights, batch, options, random, ignored);
      return losses.contrast + 0.7 * losses.tags;
    };
    backward(shape, weights, batch, options, random, gradient);
    int checked = 0;
    Weights::for_each(
        [&](std::vector<float>& w, const std::vector<float>& g) {
          for (std::size_t i = 0; i < w.size(); i += 3) {
            const float before = w[i];
            constexpr float step = 2e-3F;
            w[i] = before + step;
            const double more = loss();
            w[i] = before - step;
            const double less = loss();
            w[i] = before;
            EXPECT_NEAR(g[i], (more - less) / (2 * step), 2e-2 + 0.03 * std::abs(g[i])) << i;
            ++checked;
          }
        },
        weights, gradient);
    EXPECT_GT(checked, 30);
  }
}

TEST(VisionNet, LearnsWhatCanBeLearnt) {
  decode::Random random(3);
  Weights weights = Weights::chance(shape, random), gradient = Weights::zeros(shape);
  Adam adam(shape);
  const Batch batch = some_batch();
  const Losses before = backward(shape, weights, batch, {}, random, gradient);
  Losses after = before;
  for (int step = 0; step < 400; ++step) {
    after = backward(shape, weights, batch, {}, random, gradient);
    adam.step(weights, gradient, 0.02, 0);
  }
  EXPECT_LT(after.contrast, 0.5 * before.contrast);
  EXPECT_LT(after.tags, 0.3 * before.tags);
}

TEST(VisionNet, PointsAreOfUnitLength) {
  decode::Random random(3);
  const Outputs out = forward(shape, Weights::chance(shape, random), some_batch().x);
  ASSERT_EQ(out.points.size(), 5 * shape.points);
  double square = 0;
  for (std::size_t c = 0; c < shape.points; ++c) square += out.points[c] * out.points[c];
  EXPECT_NEAR(square, 1, 1e-5);
}

}  // namespace
}  // namespace updraft::vision
