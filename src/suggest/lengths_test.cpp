#include "suggest/lengths.h"

#include <gtest/gtest.h>

#include <algorithm>

namespace updraft::suggest {
namespace {

TEST(Lengths, AnAskedRangeIsCoveredFromEndToEnd) {
  EXPECT_EQ(plan_words(Task::image, WordRange{10, 20}, 3), (std::vector{10, 15, 20}));
  EXPECT_EQ(plan_words(Task::query, WordRange{3, 3}, 2), (std::vector{3, 3}));
  EXPECT_EQ(plan_words(Task::query, WordRange{2, 6}, 1), (std::vector{4}));
}

TEST(Lengths, WithoutARangeTheyAreOnesThatTheTaskIsTrainedOn) {
  for (const Task task : prompt_tasks) {
    const auto plan = plan_words(task, std::nullopt, 64);
    ASSERT_EQ(plan.size(), 64U);
    EXPECT_GE(*std::min_element(plan.begin(), plan.end()), trained_words(task).min);
    EXPECT_LE(*std::max_element(plan.begin(), plan.end()), trained_words(task).max);
    EXPECT_NE(plan[0], plan[1]);
  }
}

}  // namespace
}  // namespace updraft::suggest
