// The plain side of the benchmark computes what updraft's trainer does: else their times could not be compared.
#include "bench/train/plain.h"

#include <gtest/gtest.h>

#include "files/test_folder.h"
#include "gguf/writer.h"
#include "learn/weights_io.h"
#include "suggest/small_model.h"

namespace updraft::bench {
namespace {

class Plain : public testing::Test {
 protected:
  static gguf::File base() {
    const files::test::Folder folder;
    const auto path = folder / "base.gguf";
    if (!gguf::write(path, suggest::test::small_model(suggest::test::Controls::named))) {
      throw std::runtime_error("no base model");
    }
    return gguf::File::open(path).value();
  }

  Plain() {
    if (!learn::load_weights(file_, model_)) throw std::runtime_error("no weights");
    model_.parameters().refresh_halves(false);
    const auto tokenizer = text::Tokenizer::from(file_).value();
    const auto encoder = suggest::CommandEncoder::from(tokenizer).value();
    const learn::BatchBuilder builder(tokenizer, encoder);
    using learn::Example;
    const std::vector<Example> sale = {{{Task::query, 2, 9}, "sale sign"},
                                       {{Task::query, 2, 9}, "holiday poster"},
                                       {{Task::image, 7, 9}, "A shop window with a big sign"},
                                       {{Task::related, 2, 0}, "gift cards"}};
    const std::vector<Example> wedding = {{{Task::template_, 4, 9}, "An elegant wedding invitation"}};
    builder.add(batch_, "holiday sale", sale);
    builder.add(batch_, "wedding invitation with flowers", wedding);
    std::mt19937_64 random(2);
    for (std::int32_t i = 0; i < model_.shape().n_vocab; i += 2) rows_.tokens.push_back(i);
    for (const learn::LossTerm& term : batch_.loss) {
      if (term.target % 2 == 1) rows_.tokens.push_back(term.target);
    }
    std::sort(rows_.tokens.begin(), rows_.tokens.end());
    rows_.tokens.erase(std::unique(rows_.tokens.begin(), rows_.tokens.end()), rows_.tokens.end());
    rows_.row_of_token.assign(static_cast<std::size_t>(model_.shape().n_vocab), -1);
    for (std::size_t i = 0; i < rows_.tokens.size(); ++i) {
      rows_.row_of_token[rows_.tokens[i]] = static_cast<std::int32_t>(i);
    }
  }

  // Loss and gradients of the plain model against those of updraft.
  void expect_agreement(const std::vector<PlainBatch>& batches) {
    const auto terms = static_cast<std::int64_t>(batch_.loss.size());
    PlainModel plain(model_.shape(), model_.parameters());
    const learn::LossSum ours = model_.loss(batch_, rows_, terms);
    double nats = 0;
    std::int64_t plain_terms = 0;
    for (const PlainBatch& batch : batches) {
      const torch::Tensor loss = plain.loss(batch, rows_);
      (loss / static_cast<double>(terms)).backward();
      nats += loss.item<double>();
      plain_terms += batch.targets.numel();
    }
    EXPECT_EQ(plain_terms, terms);
    EXPECT_NEAR(nats, ours.nats, 0.002 * ours.nats);
    const auto compare = [](const std::string& what, const torch::Tensor& theirs, const learn::Parameter& p) {
      EXPECT_GT(theirs.norm().item<double>(), 0) << what;
      EXPECT_LT(((p.grad - theirs).norm() / theirs.norm()).item<double>(), 0.05) << what;
    };
    const learn::Parameters& p = model_.parameters();
    compare("embedding", plain.embedding.grad(), p.token_embedding);
    compare("output norm", plain.output_norm.grad(), p.output_norm.scale);
    for (std::size_t i = 0; i < p.layers.size(); ++i) {
      compare("attention norm", plain.layers[i]->attention_norm.grad(), p.layers[i].attention_norm.scale);
      compare("qkv", plain.layers[i]->qkv.grad(), p.layers[i].qkv.matrix);
      compare("attention output", plain.layers[i]->attention_output.grad(), p.layers[i].attention_output.matrix);
      compare("ffn norm", plain.layers[i]->ffn_norm.grad(), p.layers[i].ffn_norm.scale);
      compare("ffn in", plain.layers[i]->ffn_in.grad(), p.layers[i].ffn_in.matrix);
      compare("ffn out", plain.layers[i]->ffn_out.grad(), p.layers[i].ffn_out.matrix);
    }
  }

  gguf::File file_ = base();
  learn::Model model_{learn::shape_of(file_).value()};
  learn::Batch batch_;
  learn::OutputRows rows_;
};

TEST_F(Plain, TreesWithAMaskLoseWhatUpdraftLoses) { expect_agreement({as_trees(batch_, rows_)}); }

TEST_F(Plain, ASequenceAPromptLosesWhatUpdraftLoses) {
  const auto batches = as_prompts(batch_, rows_, 2);
  EXPECT_EQ(batches.size(), 3U);  // five prompts
  expect_agreement(batches);
}

TEST_F(Plain, AStepLowersTheLoss) {
  PlainModel plain(model_.shape(), model_.parameters());
  torch::optim::AdamW optimizer(plain.parameters(), torch::optim::AdamWOptions(1e-3));
  const std::vector<PlainBatch> batches = {as_trees(batch_, rows_)};
  const double first = step(plain, optimizer, batches, rows_);
  EXPECT_LT(step(plain, optimizer, batches, rows_), first);
}

}  // namespace
}  // namespace updraft::bench
