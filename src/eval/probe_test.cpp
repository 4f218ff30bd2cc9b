#include "eval/probe.h"

#include <gtest/gtest.h>

#include <algorithm>
#include <cmath>

#include "files/test_folder.h"
#include "gguf/writer.h"
#include "suggest/small_model.h"

namespace updraft::eval {
namespace {

class ProbeTest : public testing::Test {
 protected:
  ProbeTest() {
    EXPECT_TRUE(gguf::write(folder_ / "model.gguf", suggest::test::small_model(suggest::test::Controls::named)));
    engine_ = suggest::Engine::load(folder_ / "model.gguf", {.threads = 2}).value();
    probe_ = std::make_unique<Probe>(*engine_);
    EXPECT_TRUE(probe_->set_intent("holiday sale"));
  }

  // -log p of the prompt's tokens and its end, one sequence from the first token to the last.
  [[nodiscard]] double plain_loss(Task task, int words, std::string_view prompt) const {
    auto tokens = engine_->encoder.prefix(engine_->tokenizer, "holiday sale");
    const auto command = engine_->encoder.command({task, words, 9});
    tokens.insert(tokens.end(), command.begin(), command.end());
    auto targets = engine_->tokenizer.encode(prompt);
    const std::size_t first = tokens.size() - 1;
    tokens.insert(tokens.end(), targets.begin(), targets.end());
    targets.push_back(engine_->tokenizer.eos());
    const nn::Weights& weights = engine_->model->weights;
    nn::KvTree tree(weights.config, 512, 1);
    const nn::NodeId root = tree.add(nn::no_node).value();
    std::vector<nn::Row> rows;
    for (const auto token : tokens) rows.push_back({token, root, true});
    const auto n_output = static_cast<std::size_t>(weights.n_output());
    std::vector<float> logits(rows.size() * n_output);
    EXPECT_TRUE(engine_->transformer.forward(tree, rows, logits));
    double loss = 0;
    for (std::size_t i = 0; i < targets.size(); ++i) {
      const float* row = logits.data() + (first + i) * n_output;
      double sum = 0;
      for (std::size_t j = 0; j < n_output; ++j) sum += std::exp(double{row[j]});
      loss += std::log(sum) - row[weights.output_index[static_cast<std::size_t>(targets[i])]];
    }
    return loss;
  }

  files::test::Folder folder_;
  std::unique_ptr<suggest::Engine> engine_;
  std::unique_ptr<Probe> probe_;
};

TEST_F(ProbeTest, ScoresAPromptUnderTheCommandThatItFulfils) {
  for (const std::string prompt : {"red sign", "a", "a red sign in the sun"}) {
    Probe::Loss loss;
    ASSERT_TRUE(probe_->score(Task::image, prompt, loss));
    if (loss.n_outside > 0) continue;
    const int words = static_cast<int>(std::count(prompt.begin(), prompt.end(), ' ')) + 1;
    EXPECT_EQ(loss.a_token.n, engine_->tokenizer.encode(prompt).size() + 1);
    EXPECT_NEAR(loss.a_token.sum, plain_loss(Task::image, words, prompt), 1e-3);
  }
}

TEST_F(ProbeTest, AddsUpOverPromptsAndTasks) {
  Probe::Loss one, other, both;
  ASSERT_TRUE(probe_->score(Task::query, "red sign", one));
  ASSERT_TRUE(probe_->score(Task::image, "sale", other));
  ASSERT_TRUE(probe_->score(Task::query, "red sign", both));
  ASSERT_TRUE(probe_->score(Task::image, "sale", both));
  EXPECT_EQ(both.a_token.n, one.a_token.n + other.a_token.n);
  EXPECT_NEAR(both.a_token.sum, one.a_token.sum + other.a_token.sum, 1e-9);
}

TEST_F(ProbeTest, LeavesOutPromptsWithoutEnd) {
  std::string endless;
  for (int i = 0; i < 2 * Probe::max_tokens; ++i) endless += " sale";
  Probe::Loss loss;
  ASSERT_TRUE(probe_->score(Task::query, endless, loss));
  EXPECT_EQ(loss.a_token.n + loss.n_outside, 0U);
}

TEST_F(ProbeTest, DrawsUnderTheCommandsOfARequest) {
  const auto draws = probe_->draw(commands_of(Task::query, 5), 1);
  ASSERT_TRUE(draws.has_value()) << draws.error().message;
  ASSERT_EQ(draws->size(), 5U);
  const auto again = probe_->draw(commands_of(Task::query, 5), 1), other = probe_->draw(commands_of(Task::query, 5), 2);
  bool differs = false;
  for (std::size_t i = 0; i < 5; ++i) {
    EXPECT_GE((*draws)[i].command.words, trained_words(Task::query).min);
    EXPECT_LE((*draws)[i].command.words, trained_words(Task::query).max);
    EXPECT_EQ((*draws)[i].text, (*again)[i].text);
    differs = differs || (*draws)[i].text != (*other)[i].text;
  }
  EXPECT_TRUE(differs);
}

TEST_F(ProbeTest, HasRoomForTheLargestRequestAgainAndAgain) {
  for (int i = 0; i < 3; ++i) {
    ASSERT_TRUE(probe_->set_intent("sale " + std::to_string(i)));
    for (const Task task : prompt_tasks) {
      const auto draws = probe_->draw(commands_of(task, max_suggestions), 1);
      ASSERT_TRUE(draws.has_value()) << draws.error().message;
      EXPECT_EQ(draws->size(), static_cast<std::size_t>(max_suggestions));
    }
  }
}

}  // namespace
}  // namespace updraft::eval
