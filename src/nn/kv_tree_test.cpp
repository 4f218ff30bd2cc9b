#include "nn/kv_tree.h"

#include <gtest/gtest.h>

#include <random>
#include <set>

namespace updraft::nn {
namespace {

ModelConfig config() {
  ModelConfig c;
  c.n_layers = 2;
  c.n_heads = c.n_kv_heads = 2;
  c.head_dim = 16;
  c.d_model = 32;
  return c;
}

void fill(KvTree& tree, NodeId node, int n) {
  for (int i = 0; i < n; ++i) ASSERT_TRUE(tree.append(node));
}

TEST(KvTree, PositionsContinueThoseOfTheAncestors) {
  KvTree tree(config(), 100, 4);
  const NodeId root = *tree.add(no_node), child = *tree.add(root), leaf = *tree.add(child);
  fill(tree, root, 20);
  fill(tree, child, 3);
  fill(tree, leaf, 1);
  EXPECT_EQ(tree.first_position(root), 0);
  EXPECT_EQ(tree.first_position(child), 20);
  EXPECT_EQ(tree.first_position(leaf), 23);
  EXPECT_EQ(tree.next_position(leaf), 24);
}

TEST(KvTree, RefusesToGrowANodeBelowWhichTokensStand) {
  KvTree tree(config(), 100, 4);
  const NodeId root = *tree.add(no_node), child = *tree.add(root), leaf = *tree.add(child);
  fill(tree, root, 1);
  fill(tree, leaf, 1);  // the child between them is empty
  EXPECT_FALSE(tree.append(root));
  EXPECT_FALSE(tree.append(child));
  tree.truncate(leaf, 0);
  EXPECT_TRUE(tree.append(root));
  EXPECT_TRUE(tree.append(child));
  EXPECT_FALSE(tree.append(root));
}

TEST(KvTree, HoldsAsManyTokensAsPromisedHoweverTheyAreSpread) {
  std::mt19937 random(1);
  for (int round = 0; round < 20; ++round) {
    KvTree tree(config(), 75, 5);
    const NodeId root = *tree.add(no_node);
    std::vector<NodeId> nodes;
    for (int i = 0; i < 4; ++i) nodes.push_back(*tree.add(root));
    EXPECT_FALSE(tree.add(root));
    int left = 75;
    for (; left > 60; --left) ASSERT_TRUE(tree.append(root));
    for (; left > 0; --left) ASSERT_TRUE(tree.append(nodes[random() % nodes.size()]));
  }
}

TEST(KvTree, GivesPagesBackAndNeverToTwoNodes) {
  KvTree tree(config(), 64, 3);
  const int all = tree.free_tokens();
  const NodeId root = *tree.add(no_node), a = *tree.add(root), b = *tree.add(root);
  fill(tree, root, 17);
  fill(tree, a, 16);
  fill(tree, b, 5);
  std::set<std::int32_t> pages;
  for (const NodeId node : {root, a, b}) pages.insert(tree.pages(node).begin(), tree.pages(node).end());
  EXPECT_EQ(pages.size(), 4U);
  EXPECT_EQ(tree.free_tokens(), all - 4 * KvTree::page_size);
  tree.truncate(a, 1);
  EXPECT_EQ(tree.length(a), 1);
  EXPECT_EQ(tree.free_tokens(), all - 4 * KvTree::page_size);  // its only page is still in use
  tree.release(a);
  EXPECT_FALSE(tree.is_alive(a));
  EXPECT_EQ(tree.free_tokens(), all - 3 * KvTree::page_size);
  tree.truncate(b, 0);
  fill(tree, root, 1);
  tree.reset();
  EXPECT_EQ(tree.free_tokens(), all);
  EXPECT_FALSE(tree.is_alive(root));
}

TEST(KvTree, ErrorsLeaveItAsItWas) {
  KvTree tree(config(), 16, 1);
  EXPECT_FALSE(tree.append(0));
  EXPECT_FALSE(tree.append(-1));
  EXPECT_FALSE(tree.add(7));
  const NodeId root = *tree.add(no_node);
  while (tree.append(root)) {
  }
  EXPECT_EQ(tree.length(root), 32);  // 16 tokens and the node's rounding up
  EXPECT_FALSE(tree.append(root));
  EXPECT_EQ(tree.length(root), 32);
}

TEST(KvTree, PlacesOfPagesDoNotOverlap) {
  KvTree tree(config(), 40, 1);
  std::set<const std::uint16_t*> seen;
  const std::ptrdiff_t half = std::ptrdiff_t{16} * KvTree::page_size;
  std::vector<const std::uint16_t*> starts;
  for (int layer = 0; layer < 2; ++layer) {
    for (std::int32_t page = 0; page < 3; ++page) {
      for (int head = 0; head < 2; ++head) {
        starts.push_back(tree.keys(layer, page, head));
        starts.push_back(tree.values(layer, page, head));
      }
    }
  }
  std::sort(starts.begin(), starts.end());
  for (std::size_t i = 1; i < starts.size(); ++i) EXPECT_GE(starts[i] - starts[i - 1], half);
}

}  // namespace
}  // namespace updraft::nn
