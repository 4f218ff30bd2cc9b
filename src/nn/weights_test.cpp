// Configuration and weights: what is accepted, and that hostile files are refused with an error.
#include "nn/weights.h"

#include <gtest/gtest.h>

#include <limits>

#include "nn/tiny_model.h"

namespace updraft::nn {
namespace {

using test::as_file;
using test::tiny_contents;
using test::TinyShape;

Result<Weights> load(const gguf::Contents& contents, const LoadOptions& options = {}) {
  const auto tiny = as_file(contents);
  if (!tiny.file) return tl::unexpected<Error>(tiny.file.error());
  kernels::ThreadPool pool(1);
  return Weights::load(*tiny.file, pool, options);
}

void set(gguf::Contents& contents, const std::string& key, gguf::WriteValue value) {
  for (auto& [k, v] : contents.metadata) {
    if (k == key) {
      v = std::move(value);
      return;
    }
  }
  contents.metadata.emplace_back(key, std::move(value));
}

TEST(ModelConfig, ReadsBothArchitectures) {
  const auto llama = as_file(tiny_contents({}));
  const auto c = ModelConfig::from(*llama.file);
  ASSERT_TRUE(c) << c.error().message;
  EXPECT_EQ(c->architecture, Architecture::llama);
  EXPECT_EQ(c->n_layers, 2);
  EXPECT_EQ(c->d_model, 96);
  EXPECT_EQ(c->head_dim, 16);
  EXPECT_EQ(c->n_kv_heads, 2);
  EXPECT_EQ(c->vocab_size, 101);
  EXPECT_EQ(c->d_kv(), 32);

  TinyShape shape;
  shape.architecture = "gpt2";
  const auto gpt2 = as_file(tiny_contents(shape));
  const auto g = ModelConfig::from(*gpt2.file);
  ASSERT_TRUE(g) << g.error().message;
  EXPECT_EQ(g->architecture, Architecture::gpt2);
  EXPECT_EQ(g->n_kv_heads, 6);
}

TEST(ModelConfig, RefusesNumbersOutOfRange) {
  constexpr std::uint32_t huge = std::numeric_limits<std::uint32_t>::max();
  const std::vector<std::pair<std::string, std::vector<std::uint32_t>>> bad = {
      {"block_count", {0, 257, huge}},
      {"embedding_length", {0, 1, 31, 97, 100, huge}},
      {"feed_forward_length", {0, 33, 70000, huge}},
      {"attention.head_count", {0, 5, 7, 96, huge}},
      {"attention.head_count_kv", {0, 4, 5, 12, huge}},
      {"context_length", {0, huge}},
      {"rope.dimension_count", {0, 8, 32, huge}},
      {"attention.key_length", {32}},
  };
  for (const auto& [key, values] : bad) {
    for (const std::uint32_t value : values) {
      auto contents = tiny_contents({});
      set(contents, "llama." + key, value);
      const auto tiny = as_file(contents);
      ASSERT_TRUE(tiny.file);
      EXPECT_FALSE(ModelConfig::from(*tiny.file)) << key << " " << value;
    }
  }
}

TEST(ModelConfig, RefusesWhatItDoesNotKnow) {
  auto contents = tiny_contents({});
  set(contents, "general.architecture", std::string("mamba"));
  EXPECT_EQ(load(contents).error().code, ErrorCode::unsupported);

  contents = tiny_contents({});
  set(contents, "llama.rope.scaling.type", std::string("yarn"));
  EXPECT_EQ(load(contents).error().code, ErrorCode::unsupported);

  contents = tiny_contents({});
  set(contents, "llama.attention.layer_norm_rms_epsilon", std::numeric_limits<float>::quiet_NaN());
  EXPECT_FALSE(load(contents));
  set(contents, "llama.attention.layer_norm_rms_epsilon", std::string("small"));
  EXPECT_FALSE(load(contents));
}

TEST(Weights, RefusesMissingAndMisshapenTensors) {
  for (const char* architecture : {"llama", "gpt2"}) {
    TinyShape shape;
    shape.architecture = architecture;
    const auto good = tiny_contents(shape);
    ASSERT_TRUE(load(good));
    for (std::size_t i = 0; i < good.tensors.size(); ++i) {
      auto missing = good;
      missing.tensors.erase(missing.tensors.begin() + static_cast<std::ptrdiff_t>(i));
      const auto without = load(missing);
      ASSERT_FALSE(without) << good.tensors[i].name;
      EXPECT_NE(without.error().message.find(good.tensors[i].name), std::string::npos) << without.error().message;

      auto misshapen = good;
      auto& tensor = misshapen.tensors[i];
      tensor.shape.insert(tensor.shape.begin(), 2);
      tensor.data.resize(tensor.data.size() * 2);
      EXPECT_FALSE(load(misshapen)) << tensor.name;
    }
  }
}

TEST(Weights, TakesTheShortlistFromTheFile) {
  TinyShape shape;
  shape.shortlist = {7, 3, 100};
  const auto w = load(tiny_contents(shape));
  ASSERT_TRUE(w) << w.error().message;
  EXPECT_EQ(w->output_tokens, (std::vector<TokenId>{3, 7, 100}));
  EXPECT_EQ(w->n_output(), 3);
  EXPECT_EQ(w->output.matrix.rows, 3);
  EXPECT_EQ(w->output_index[7], 1);
  EXPECT_EQ(w->output_index[8], -1);

  const auto whole = load(tiny_contents(shape), {.whole_vocabulary = true, .kernels = nullptr});
  ASSERT_TRUE(whole);
  EXPECT_EQ(whole->n_output(), 101);
  EXPECT_EQ(whole->output_index[100], 100);
}

TEST(Weights, RefusesAShortlistThatLies) {
  for (const auto& list : {std::vector<std::uint32_t>{1, 101}, {5, 5}, {4294967295U}}) {
    TinyShape shape;
    shape.shortlist = list;
    const auto w = load(tiny_contents(shape));
    ASSERT_FALSE(w);
    EXPECT_EQ(w.error().code, ErrorCode::corrupt);
  }
  auto contents = tiny_contents({});
  set(contents, "updraft.shortlist", std::vector<std::int32_t>{-1, 2});
  EXPECT_FALSE(load(contents));
  set(contents, "updraft.shortlist", std::vector<float>{1.5F});
  EXPECT_FALSE(load(contents));
  set(contents, "updraft.shortlist", std::string("all"));
  EXPECT_FALSE(load(contents));
}

TEST(Model, SaysWhichFileIsNotThere) {
  kernels::ThreadPool pool(1);
  const auto model = Model::load("/nowhere/model.gguf", pool);
  ASSERT_FALSE(model);
  EXPECT_EQ(model.error().code, ErrorCode::not_found);
}

}  // namespace
}  // namespace updraft::nn
