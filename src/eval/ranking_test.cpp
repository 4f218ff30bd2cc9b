#include "eval/ranking.h"

#include <gtest/gtest.h>

#include <cmath>
#include <vector>

namespace updraft::eval {
namespace {

const std::vector<std::string> ranked = {"a", "b", "c", "d"};

TEST(Ranking, GainsMoreTheHigherTheRelevantStand) {
  EXPECT_DOUBLE_EQ(ndcg(ranked, {"a", "b"}, 10), 1);
  EXPECT_DOUBLE_EQ(ndcg(ranked, {"b"}, 10), 1 / std::log2(3.0));
  EXPECT_DOUBLE_EQ(ndcg(ranked, {"a", "x"}, 10), 1 / (1 + 1 / std::log2(3.0)));
  EXPECT_DOUBLE_EQ(ndcg(ranked, {"d"}, 3), 0);
  EXPECT_DOUBLE_EQ(ndcg(ranked, {"a", "x", "y"}, 1), 1) << "one place can hold one only";
  EXPECT_DOUBLE_EQ(ndcg({}, {"a"}, 10), 0);
  EXPECT_DOUBLE_EQ(ndcg(ranked, {}, 10), 0);
}

TEST(Ranking, CountsSharesOfTheRelevantAndOfTheRanked) {
  EXPECT_DOUBLE_EQ(recall(ranked, {"a", "d", "x", "y"}, 50), 0.5);
  EXPECT_DOUBLE_EQ(recall(ranked, {"a", "d", "x", "y"}, 2), 0.5);
  EXPECT_DOUBLE_EQ(recall(ranked, {}, 50), 0);
  EXPECT_DOUBLE_EQ(precision(ranked, {"a", "d"}, 10), 0.5);
  EXPECT_DOUBLE_EQ(precision(ranked, {"a", "d"}, 1), 1);
  EXPECT_DOUBLE_EQ(precision({}, {"a"}, 10), 0);
}

}  // namespace
}  // namespace updraft::eval
