#include "eval/depth.h"

#include <cmath>

#include "eval/probe.h"
#include "eval/small_systems.h"

namespace updraft::eval {
namespace {

class DepthTest : public test::SmallSystems {
 protected:
  // What the probe says of the engine as it stands.
  [[nodiscard]] double plain_loss(Task task) {
    Probe probe(*engine_);
    Probe::Loss loss;
    for (const corpus::Record& record : records_) {
      EXPECT_TRUE(probe.set_intent(record.intent));
      for (const std::string& prompt : record.prompts[static_cast<std::size_t>(task)]) {
        EXPECT_TRUE(probe.score(task, prompt, loss));
      }
    }
    return loss.a_token.value();
  }

  std::unique_ptr<suggest::Engine> engine_ = suggest::Engine::load(model(), {.threads = 1}).value();
};

TEST_F(DepthTest, TheWholeModelIsWhatItIsWithoutTheProbeBeforeAndAfter) {
  const double before = plain_loss(Task::query);
  {
    DepthProbe probe(*engine_);
    EXPECT_EQ(probe.measure(records_, {})->negative_log_likelihood[0].value(), before);
    EXPECT_NE(probe.measure(records_, {0})->negative_log_likelihood[0].value(), before);
  }
  EXPECT_EQ(plain_loss(Task::query), before);
}

TEST_F(DepthTest, LayersThatDoNotExistOrAllOfThemCannotBeLeftOut) {
  DepthProbe probe(*engine_);
  for (const std::vector<int>& without : {std::vector<int>{-1}, {probe.n_layers()}, {0, 0}, {0, 1}}) {
    EXPECT_EQ(probe.measure(records_, without).error().code, ErrorCode::invalid_argument);
  }
}

TEST_F(DepthTest, TheLayerThatIsMissedLeastGoesFirst) {
  std::size_t last = 0, all = 0;
  const auto depths =
      measure_depths(*engine_, records_, {.drop = 1, .exits = 1, .tried = 100}, [&](std::size_t done, std::size_t of) {
        EXPECT_EQ(done, ++last);
        all = of;
      }).value();
  EXPECT_EQ(last, all);
  ASSERT_EQ(depths.size(), 3U);
  EXPECT_TRUE(depths[0].without.empty());
  DepthProbe probe(*engine_);
  const double first = probe.measure(records_, {0})->mean(), second = probe.measure(records_, {1})->mean();
  EXPECT_EQ(depths[1].without, std::vector<int>{first < second ? 0 : 1});
  EXPECT_EQ(depths[1].mean(), std::min(first, second));
  EXPECT_EQ(depths[2].without, std::vector<int>{1});
  const std::string table = depths_table(depths);
  EXPECT_NE(table.find("all 2 layers"), std::string::npos);
  EXPECT_NE(table.find("the first 1"), std::string::npos);
  EXPECT_NE(table.find("1.00"), std::string::npos);
}

}  // namespace
}  // namespace updraft::eval
