#include "eval/steering.h"

#include <cmath>

#include "eval/small_systems.h"

namespace updraft::eval {
namespace {

class SteeringTest : public test::SmallSystems {
 protected:
  [[nodiscard]] Steering steered(int n, std::uint64_t seed) const {
    const auto engine = suggest::Engine::load(model(), {.threads = 1}).value();
    const auto scorer = this->scorer();
    Probe probe(*engine);
    Steering steering;
    EXPECT_TRUE(steer(probe, scorer, records_.front(), n, seed, steering));
    return steering;
  }
};

TEST_F(SteeringTest, AsksForTheLengthsOfARequestAndForEachReturn) {
  const Steering steering = steered(3, 5);
  for (std::size_t t = 0; t < prompt_tasks.size(); ++t) {
    const TaskSteering& task = steering[t];
    EXPECT_GT(perplexity(task.teacher_loss.a_token), 1);
    ASSERT_EQ(task.words.size(), 3U);
    for (std::size_t i = 0; i < 3; ++i) EXPECT_EQ(task.words[i].asked, commands_of(prompt_tasks[t], 3)[i].words);
    ASSERT_EQ(task.returns.size(), 10U);
    for (int ret = 0; ret < 10; ++ret) {
      EXPECT_EQ(task.returns[static_cast<std::size_t>(ret)].asked, ret);
      EXPECT_GE(task.returns[static_cast<std::size_t>(ret)].achieved, 0);
      EXPECT_LE(task.returns[static_cast<std::size_t>(ret)].achieved, 9);
    }
  }
}

TEST_F(SteeringTest, IsTheSameForTheSameSeed) {
  const Steering one = steered(4, 11), two = steered(4, 11);
  for (std::size_t t = 0; t < prompt_tasks.size(); ++t) {
    EXPECT_EQ(one[t].teacher_loss.a_token.sum, two[t].teacher_loss.a_token.sum);
    for (std::size_t i = 0; i < 4; ++i) EXPECT_EQ(one[t].words[i].achieved, two[t].words[i].achieved);
    for (std::size_t i = 0; i < 10; ++i) EXPECT_EQ(one[t].returns[i].achieved, two[t].returns[i].achieved);
  }
}

}  // namespace
}  // namespace updraft::eval
