// The fast pass, held against the plain one on small random models.
#include "nn/transformer.h"

#include <gtest/gtest.h>

#include <cmath>
#include <cstring>
#include <random>
#include <string>
#include <vector>

#include "nn/reference.h"
#include "nn/tiny_model.h"

namespace updraft::nn {
namespace {

using gguf::TensorType;
using test::as_file;
using test::tiny_contents;
using test::TinyFile;
using test::TinyShape;

std::vector<TokenId> random_tokens(int n, int vocab_size, unsigned seed) {
  std::mt19937 random(seed);
  std::vector<TokenId> out;
  for (int i = 0; i < n; ++i) out.push_back(static_cast<TokenId>(random() % static_cast<unsigned>(vocab_size)));
  return out;
}

// A model with all that it takes to run it.
struct Engine {
  TinyFile tiny;
  kernels::ThreadPool pool;
  Result<Weights> weights;
  Transformer transformer;

  explicit Engine(const TinyShape& shape, int threads = 1, const kernels::Kernels* k = nullptr, int max_rows = 128)
      : tiny(as_file(tiny_contents(shape))),
        pool(threads),
        weights(Weights::load(*tiny.file, pool, {.whole_vocabulary = false, .kernels = k})),
        transformer(*weights, pool, max_rows) {}

  [[nodiscard]] KvTree tree(int tokens = 512, int nodes = 16) const { return {weights->config, tokens, nodes}; }

  std::vector<float> forward(KvTree& tree, std::span<const Row> rows) {
    std::size_t wanted = 0;
    for (const Row& row : rows) wanted += row.wants_logits;
    std::vector<float> logits(wanted * static_cast<std::size_t>(weights->n_output()));
    const auto done = transformer.forward(tree, rows, logits);
    EXPECT_TRUE(done) << done.error().message;
    return logits;
  }
  // Appends tokens to a node and gives the logits of all of them.
  std::vector<float> forward(KvTree& tree, NodeId node, std::span<const TokenId> tokens) {
    std::vector<Row> rows;
    for (const TokenId token : tokens) rows.push_back({token, node, true});
    return forward(tree, rows);
  }
};

// Root mean square of the difference, as a share of the expected values'.
double relative_error(std::span<const float> got, std::span<const float> expected) {
  EXPECT_EQ(got.size(), expected.size());
  double difference = 0, total = 0;
  for (std::size_t i = 0; i < got.size(); ++i) {
    difference += std::pow(double{got[i]} - expected[i], 2);
    total += std::pow(double{expected[i]}, 2);
  }
  return std::sqrt(difference / total);
}

bool same_bits(std::span<const float> a, std::span<const float> b) {
  return a.size() == b.size() && std::memcmp(a.data(), b.data(), a.size_bytes()) == 0;
}

struct Case {
  const kernels::Kernels* kernels;
  std::string architecture;
  TensorType type;
};

void PrintTo(const Case& c, std::ostream* out) {
  *out << c.kernels->name << " " << c.architecture << " " << gguf::traits(c.type).name;
}

// The bound on relative_error against a reference that rounds activations, keys and values as the fast pass does. What
// is left is the order of sums; with 8-bit activations it now and then tips a value over to the next integer.
double bound(TensorType type) { return kernels::is_quantized(type) ? 1e-2 : 5e-4; }

std::vector<Case> all_cases() {
  std::vector<Case> cases;
  for (const auto* k : kernels::all_kernels()) {
    for (const char* architecture : {"llama", "gpt2"}) {
      for (const TensorType type :
           {TensorType::f32, TensorType::f16, TensorType::bf16, TensorType::q8_0, TensorType::q4_0, TensorType::q4_1}) {
        cases.push_back({k, architecture, type});
      }
    }
  }
  return cases;
}

class EachModel : public testing::TestWithParam<Case> {
 protected:
  void SetUp() override {
    if (!GetParam().kernels->supported_by_runtime_system()) GTEST_SKIP() << "not on this machine";
  }
  [[nodiscard]] TinyShape shape() const {
    TinyShape s;
    s.architecture = GetParam().architecture;
    s.type = GetParam().type;
    return s;
  }
  [[nodiscard]] Engine engine(int threads = 1, int max_rows = 128) const {
    return Engine(shape(), threads, GetParam().kernels, max_rows);
  }
};
INSTANTIATE_TEST_SUITE_P(Transformer, EachModel, testing::ValuesIn(all_cases()), [](const auto& set) {
  return std::string(set.param.kernels->name) + "_" + set.param.architecture + "_" +
         std::string(gguf::traits(set.param.type).name);
});

TEST_P(EachModel, AgreesWithTheReference) {
  auto e = engine();
  const auto tokens = random_tokens(37, 101, 1);
  auto tree = e.tree();
  const auto got = e.forward(tree, *tree.add(no_node), tokens);
  // What is left when both round activations, keys and values alike: the order of sums, and a rounding that it tips
  // over.
  const auto as_stored = reference::logits(*e.tiny.file, tokens, reference::Precision::as_stored);
  ASSERT_TRUE(as_stored);
  EXPECT_LT(relative_error(got, *as_stored), bound(GetParam().type));
  const auto exact = reference::logits(*e.tiny.file, tokens);
  EXPECT_LT(relative_error(got, *exact), kernels::is_quantized(GetParam().type) ? 3e-2 : 1e-3);
}

TEST_P(EachModel, GivesTheSameBitsInAnyBatchOnAnyNumberOfThreads) {
  const auto tokens = random_tokens(37, 101, 2);
  auto e = engine(1);
  auto tree = e.tree();
  const auto whole = e.forward(tree, *tree.add(no_node), tokens);

  std::vector<float> one_by_one;
  tree.reset();
  const NodeId node = *tree.add(no_node);
  for (const TokenId token : tokens) {
    const auto logits = e.forward(tree, node, std::span(&token, 1));
    one_by_one.insert(one_by_one.end(), logits.begin(), logits.end());
  }
  EXPECT_TRUE(same_bits(whole, one_by_one));

  for (const int threads : {2, 3}) {
    auto other = engine(threads, 7);  // cut into parts, too
    auto other_tree = other.tree();
    EXPECT_TRUE(same_bits(whole, other.forward(other_tree, *other_tree.add(no_node), tokens))) << threads;
  }
}

TEST_P(EachModel, BranchesAgreeWithTheirWholeSequences) {
  auto e = engine(2);
  auto tree = e.tree();
  // root - child - 3 leaves, and a leaf directly at the root; shared runs end inside a page and at its end.
  const auto root_tokens = random_tokens(19, 101, 3), child_tokens = random_tokens(16, 101, 4);
  const NodeId root = *tree.add(no_node), child = *tree.add(root);
  std::vector<NodeId> leaves = {*tree.add(child), *tree.add(root), *tree.add(child), *tree.add(child)};
  std::vector<std::vector<TokenId>> leaf_tokens;
  for (unsigned i = 0; i < leaves.size(); ++i) leaf_tokens.push_back(random_tokens(20, 101, 5 + i));

  std::vector<Row> rows;
  for (const TokenId t : root_tokens) rows.push_back({t, root});
  for (const TokenId t : child_tokens) rows.push_back({t, child});
  e.forward(tree, rows);
  std::vector<std::vector<float>> got(leaves.size());
  for (std::size_t step = 0; step < 20; ++step) {
    rows.clear();
    for (std::size_t i = 0; i < leaves.size(); ++i) rows.push_back({leaf_tokens[i][step], leaves[i], true});
    const auto logits = e.forward(tree, rows);
    for (std::size_t i = 0; i < leaves.size(); ++i) {
      got[i].insert(got[i].end(), logits.begin() + static_cast<std::ptrdiff_t>(i * 101),
                    logits.begin() + static_cast<std::ptrdiff_t>((i + 1) * 101));
    }
  }
  for (std::size_t i = 0; i < leaves.size(); ++i) {
    auto sequence = root_tokens;
    if (tree.parent(leaves[i]) == child) sequence.insert(sequence.end(), child_tokens.begin(), child_tokens.end());
    sequence.insert(sequence.end(), leaf_tokens[i].begin(), leaf_tokens[i].end());
    const auto expected = reference::logits(*e.tiny.file, sequence, reference::Precision::as_stored);
    ASSERT_TRUE(expected);
    EXPECT_LT(relative_error(got[i], std::span(*expected).last(got[i].size())), bound(GetParam().type)) << i;
  }
}

TEST_P(EachModel, OneBatchMayHoldAWholeTree) {
  auto e = engine(2);
  const auto root_tokens = random_tokens(21, 101, 9), leaf_tokens = random_tokens(4, 101, 10);
  const auto build = [](KvTree& tree, std::vector<NodeId>& leaves) {
    const NodeId root = *tree.add(no_node);
    for (int i = 0; i < 3; ++i) leaves.push_back(*tree.add(root));
    return root;
  };
  std::vector<Row> rows;
  auto tree = e.tree();
  std::vector<NodeId> leaves;
  const NodeId root = build(tree, leaves);
  for (const TokenId t : root_tokens) rows.push_back({t, root});
  for (const NodeId leaf : leaves) {
    for (const TokenId t : leaf_tokens) rows.push_back({t, leaf, true});
  }
  const auto together = e.forward(tree, rows);

  std::vector<float> apart;
  auto other = e.tree();
  std::vector<NodeId> other_leaves;
  e.forward(other, build(other, other_leaves), root_tokens);
  for (const NodeId leaf : other_leaves) {
    const auto logits = e.forward(other, leaf, leaf_tokens);
    apart.insert(apart.end(), logits.begin(), logits.end());
  }
  EXPECT_TRUE(same_bits(together, apart));
}

TEST(Transformer, DrawsAgainAfterTruncatingAndReleasing) {
  TinyShape shape;
  shape.type = TensorType::q4_0;
  Engine e(shape);
  auto tree = e.tree();
  const auto prefix = random_tokens(18, 101, 11), first = random_tokens(20, 101, 12),
             second = random_tokens(20, 101, 13);
  const NodeId root = *tree.add(no_node);
  e.forward(tree, root, prefix);
  NodeId leaf = *tree.add(root);
  const auto expected = e.forward(tree, leaf, first);
  tree.truncate(leaf, 3);
  e.forward(tree, leaf, second);
  tree.truncate(leaf, 0);
  EXPECT_TRUE(same_bits(expected, e.forward(tree, leaf, first)));
  tree.release(leaf);
  leaf = *tree.add(root);
  EXPECT_TRUE(same_bits(expected, e.forward(tree, leaf, first)));
}

TEST(Transformer, OtherShapesAgreeWithTheReference) {
  std::vector<TinyShape> shapes(6);
  shapes[0].n_heads = shapes[0].n_kv_heads = 2, shapes[0].d_model = 96;  // heads of 48
  shapes[1].n_heads = 1, shapes[1].n_kv_heads = 1, shapes[1].d_model = 160;
  shapes[2].n_heads = 16, shapes[2].n_kv_heads = 1, shapes[2].d_model = 256;  // more queries than a tile
  shapes[3].tied_output = false;
  shapes[4].d_model = 128, shapes[4].n_heads = 2, shapes[4].n_kv_heads = 2, shapes[4].d_ffn = 32;
  shapes[5].n_heads = 6, shapes[5].n_kv_heads = 6;  // 16 columns a head: half a block
  for (auto& shape : shapes) {
    for (const TensorType type : {TensorType::q4_0, TensorType::f16}) {
      shape.type = type;
      Engine e(shape, 2);
      ASSERT_TRUE(e.weights) << e.weights.error().message;
      const auto tokens = random_tokens(23, 101, 14);
      auto tree = e.tree();
      const auto got = e.forward(tree, *tree.add(no_node), tokens);
      const auto expected = reference::logits(*e.tiny.file, tokens, reference::Precision::as_stored);
      EXPECT_LT(relative_error(got, *expected), bound(type)) << &shape - shapes.data();
    }
  }
}

TEST(Transformer, MixedTensorTypesAgreeWithTheReference) {
  auto contents = tiny_contents({});
  for (auto& tensor : contents.tensors) {
    if (tensor.name.find("attn_v") == std::string::npos && tensor.name.find("ffn_up") == std::string::npos) continue;
    std::vector<float> values(tensor.data.size() / 4);
    gguf::dequantize(tensor.type, tensor.data, values);
    tensor.type = TensorType::q8_0;
    tensor.data.resize(gguf::row_bytes(tensor.type, values.size()));
    gguf::quantize(tensor.type, values, tensor.data);
  }
  const auto tiny = as_file(contents);
  kernels::ThreadPool pool(2);
  const auto weights = Weights::load(*tiny.file, pool);
  ASSERT_TRUE(weights) << weights.error().message;
  Transformer transformer(*weights, pool);
  KvTree tree(weights->config, 64, 1);
  const NodeId root = *tree.add(no_node);
  const auto tokens = random_tokens(9, 101, 15);
  std::vector<Row> rows;
  for (const TokenId t : tokens) rows.push_back({t, root, true});
  std::vector<float> got(tokens.size() * 101);
  ASSERT_TRUE(transformer.forward(tree, rows, got));
  EXPECT_LT(relative_error(got, *reference::logits(*tiny.file, tokens)), 1e-3);
}

TEST(Transformer, ShortlistLogitsAreThoseOfTheWholeVocabulary) {
  TinyShape shape;
  shape.type = TensorType::q8_0;
  Engine whole(shape);
  shape.shortlist = {90, 2, 41};
  Engine cut(shape);
  const auto tokens = random_tokens(6, 101, 16);
  auto a = whole.tree(), b = cut.tree();
  const auto all = whole.forward(a, *a.add(no_node), tokens), few = cut.forward(b, *b.add(no_node), tokens);
  for (std::size_t t = 0; t < tokens.size(); ++t) {
    EXPECT_EQ(few[t * 3], all[t * 101 + 2]);
    EXPECT_EQ(few[t * 3 + 1], all[t * 101 + 41]);
    EXPECT_EQ(few[t * 3 + 2], all[t * 101 + 90]);
  }
}

TEST(Transformer, ErrorsLeaveTheTreeAsItWas) {
  TinyShape shape;
  shape.context_length = 8;
  Engine e(shape);
  auto tree = e.tree(64, 4);
  const NodeId root = *tree.add(no_node), leaf = *tree.add(root);
  std::vector<float> none, one(101), two(202);
  const auto refuses = [&](std::vector<Row> rows, std::span<float> logits) {
    const int before_root = tree.length(root), before_leaf = tree.length(leaf), free = tree.free_tokens();
    EXPECT_FALSE(e.transformer.forward(tree, rows, logits));
    EXPECT_EQ(tree.length(root), before_root);
    EXPECT_EQ(tree.length(leaf), before_leaf);
    EXPECT_EQ(tree.free_tokens(), free);
  };
  refuses({{1, root}, {101, root}}, none);           // no such token
  refuses({{1, root}, {-1, root}}, none);            //
  refuses({{1, root}, {1, 3}}, none);                // no such node
  refuses({{1, root}, {1, -1}}, none);               //
  refuses({{1, root, true}}, none);                  // no room for logits
  refuses({{1, root, true}}, two);                   // too much of it
  refuses({{1, root}, {1, leaf}, {1, root}}, none);  // a parent behind its child
  refuses(std::vector<Row>(9, Row{1, root}), none);  // longer than the context
  ASSERT_TRUE(e.transformer.forward(tree, std::vector<Row>(8, Row{1, root}), none));
  refuses({{1, leaf}}, none);
  ASSERT_TRUE(e.transformer.forward(tree, {}, none));
}

TEST(Transformer, RefusesMoreTokensThanTheTreeHolds) {
  Engine e(TinyShape{});
  auto tree = e.tree(16, 1);
  const NodeId root = *tree.add(no_node);
  EXPECT_FALSE(e.transformer.forward(tree, std::vector<Row>(33, Row{1, root}), {}));
  EXPECT_EQ(tree.length(root), 0);
  EXPECT_TRUE(e.transformer.forward(tree, std::vector<Row>(32, Row{1, root}), {}));
}

}  // namespace
}  // namespace updraft::nn
