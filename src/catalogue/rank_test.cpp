#include "catalogue/rank.h"

#include <gtest/gtest.h>

namespace updraft::catalogue {
namespace {

std::string ids(const std::vector<Fused>& fused) {
  std::string out;
  for (const Fused& item : fused) out += item.id;
  return out;
}

TEST(Fusion, PutsFirstWhatSeveralListsHold) {
  const std::vector<RankedList> lists = {{0, IndexKind::words, 1, {{"a", 9}, {"b", 8}, {"c", 7}}},
                                         {0, IndexKind::meaning, 1, {{"d", 1}, {"b", 0.5}}}};
  const auto fused = fuse(lists);
  EXPECT_EQ(ids(fused), "badc");
  EXPECT_DOUBLE_EQ(fused[0].score, 2 / (rank_constant + 2));
  ASSERT_EQ(fused[0].evidence.size(), 2U);
  EXPECT_EQ(fused[0].evidence[1].index, IndexKind::meaning);
  EXPECT_EQ(fused[0].evidence[1].rank, 2U);
}

TEST(Fusion, WeighsLists) {
  const std::vector<RankedList> lists = {{0, IndexKind::words, 0.5, {{"a", 9}}}, {1, IndexKind::words, 1, {{"b", 9}}}};
  EXPECT_EQ(ids(fuse(lists)), "ba");
}

TEST(Fusion, SettlesTiesByPopularityThenById) {
  const std::vector<RankedList> lists = {{0, IndexKind::words, 1, {{"c", 9, 1}}},
                                         {1, IndexKind::words, 1, {{"b", 9, 1}}},
                                         {2, IndexKind::words, 1, {{"a", 9, 0}}}};
  EXPECT_EQ(ids(fuse(lists)), "bca");
}

TEST(Fusion, OfNothingIsNothing) { EXPECT_TRUE(fuse({}).empty()); }

TEST(Rerank, PutsFirstWhatIsNearToWhatWasAskedFor) {
  const std::vector<double> relevance = {1, 0.9};
  const std::vector<float> points = {0, 1, 1, 0}, asked = {1, 0};
  const auto again = rerank(relevance, points, asked, 2);
  EXPECT_EQ(again, (std::vector<double>{0, 1}));
}

TEST(Rerank, LooksAtTheNeighbours) {
  // The first is alone; the others are alike, and one of them is what was asked for.
  const std::vector<double> relevance = {0.5, 0.5, 0.5};
  const std::vector<float> points = {0, 0, 1, 0, 1, 0, 0.6F, 0.8F, 0}, asked = {1, 0, 0};
  const auto again = rerank(relevance, points, asked, 3);
  EXPECT_EQ(again[0], 0);
  EXPECT_GT(again[1], again[0]);
  EXPECT_EQ(again[2], 1);
}

TEST(Rerank, LeavesAssetsWithoutPointsInTheirOrder) {
  const std::vector<double> relevance = {1, 0.5, 0.25};
  const auto again = rerank(relevance, std::vector<float>(6, 0), std::vector<float>{1, 0}, 2);
  EXPECT_GT(again[0], again[1]);
  EXPECT_GT(again[1], again[2]);
  EXPECT_TRUE(rerank({}, {}, {}, 2).empty());
}

TEST(Diversify, PassesOverWhatIsLikeWhatWasChosen) {
  const std::vector<double> relevance = {1, 0.95, 0.9, 0.5};
  const std::vector<float> points = {1, 0, 1, 0, 0.6F, 0.8F, 0, 1};
  EXPECT_EQ(diversify(relevance, points, 2, 0.7), (std::vector<std::size_t>{0, 2, 1, 3}));
  EXPECT_EQ(diversify(relevance, points, 2, 1), (std::vector<std::size_t>{0, 1, 2, 3}));
  EXPECT_EQ(diversify(relevance, points, 2, 0)[1], 3U);
}

TEST(Diversify, TakesAssetsWithoutAPoint) {
  const std::vector<double> relevance = {1, 0.5};
  EXPECT_EQ(diversify(relevance, std::vector<float>(4, 0), 2, 0.5), (std::vector<std::size_t>{0, 1}));
}

}  // namespace
}  // namespace updraft::catalogue
