#include "learn/batch.h"

#include <gtest/gtest.h>

#include "nn/tiny_model.h"
#include "suggest/small_model.h"

namespace updraft::learn {
namespace {

using suggest::Command;

class BatchTest : public testing::Test {
 protected:
  BatchTest()
      : file_(nn::test::as_file(suggest::test::small_model(suggest::test::Controls::named))),
        tokenizer_(text::Tokenizer::from(*file_.file).value()),
        encoder_(suggest::CommandEncoder::from(tokenizer_).value()),
        builder_(tokenizer_, encoder_) {}

  // What the token at `row` sees, itself last, as text and control tokens.
  [[nodiscard]] std::vector<text::TokenId> seen(const Batch& batch, std::int32_t row) const {
    std::vector<text::TokenId> tokens;
    const Sight& sight = batch.sights[row];
    for (const Range range : {sight.prefix, sight.command, Range{sight.own_begin, row + 1}}) {
      for (std::int32_t i = range.begin; i < range.end; ++i) {
        EXPECT_EQ(batch.positions[i], static_cast<std::int32_t>(tokens.size()));
        tokens.push_back(batch.tokens[i]);
      }
    }
    return tokens;
  }

  nn::test::TinyFile file_;
  text::Tokenizer tokenizer_;
  suggest::CommandEncoder encoder_;
  BatchBuilder builder_;
};

TEST_F(BatchTest, EveryTokenOfAPromptIsPredictedFromItsOwnSequenceAlone) {
  const std::vector<Example> examples = {
      {{Task::query, 2, 9}, "red sign"}, {{Task::query, 2, 9}, "blue sign"}, {{Task::image, 3, 9}, "a red sign"}};
  Batch batch;
  builder_.add(batch, "another intent", {});
  builder_.add(batch, "holiday sale", examples);
  std::size_t term = 0;
  for (const Example& example : examples) {
    std::vector<text::TokenId> sequence = encoder_.prefix(tokenizer_, "holiday sale");
    const auto command = encoder_.command(example.command);
    sequence.insert(sequence.end(), command.begin(), command.end());
    std::vector<text::TokenId> targets = tokenizer_.encode(example.prompt);
    targets.push_back(tokenizer_.eos());
    for (const text::TokenId target : targets) {
      ASSERT_LT(term, batch.loss.size());
      EXPECT_EQ(batch.loss[term].target, target);
      EXPECT_EQ(seen(batch, batch.loss[term].row), sequence);
      sequence.push_back(target);
      ++term;
    }
  }
  EXPECT_EQ(term, batch.loss.size());
}

TEST_F(BatchTest, PromptsOfOneCommandShareIt) {
  Batch shared, apart;
  builder_.add(shared, "sale",
               std::vector<Example>{{{Task::query, 2, 9}, "red sign"}, {{Task::query, 2, 9}, "blue sign"}});
  builder_.add(apart, "sale",
               std::vector<Example>{{{Task::query, 2, 9}, "red sign"}, {{Task::query, 2, 8}, "blue sign"}});
  EXPECT_EQ(shared.tokens.size() + encoder_.command({Task::query, 2, 9}).size(), apart.tokens.size());
  EXPECT_EQ(shared.loss.size(), apart.loss.size());
}

TEST_F(BatchTest, WhatReachesBeyondTheModelsPositionsIsLeftOut) {
  const Command command{Task::query, 2, 9};
  const Example fits{command, "red"}, too_long{command, "a much longer sign"};
  const auto length = [&](const Example& example) {
    return encoder_.prefix(tokenizer_, "sale").size() + encoder_.command(command).size() +
           tokenizer_.encode(example.prompt).size();
  };
  ASSERT_LT(length(fits), length(too_long));
  const auto add = [&](std::size_t n_positions, std::vector<Example> examples) {
    Batch batch;
    BatchBuilder(tokenizer_, encoder_, static_cast<std::int64_t>(n_positions)).add(batch, "sale", examples);
    return batch.tokens;
  };
  EXPECT_EQ(add(length(too_long), {fits, too_long}), add(1000, {fits, too_long}));
  EXPECT_EQ(add(length(too_long) - 1, {fits, too_long}), add(1000, {fits}));
  EXPECT_EQ(add(length(fits) - 1, {fits, too_long}), add(1000, {}));
  EXPECT_TRUE(add(1, {fits}).empty());
}

TEST_F(BatchTest, ContrastComesUnderALowReturnAndTeacherPairsUnderNine) {
  std::vector<Record> records(2);
  for (std::size_t i = 0; i < records.size(); ++i) {
    records[i].intent = i == 0 ? "holiday sale" : "red sign";
    records[i].category = i == 0 ? "retail" : "events";
    for (const Task task : prompt_tasks)
      records[i].prompts[static_cast<std::size_t>(task)] = {i == 0 ? "one for the sale" : "another sign"};
  }
  const auto nine = tokenizer_.encode("9").front(), zero = tokenizer_.encode("0").front();
  std::mt19937_64 random(1);
  int zeros = 0;
  for (int i = 0; i < 200; ++i) {
    Batch batch;
    builder_.add_training(batch, {.records = records}, 0, random);
    for (const LossTerm& term : batch.loss) {
      const std::int32_t row = term.row;
      if (batch.tokens[row] != tokenizer_.control("<|prompt|>")) continue;
      const bool contrast = term.target == tokenizer_.encode("another sign").front();
      EXPECT_EQ(batch.tokens[row - 1], contrast ? zero : nine);
      zeros += contrast ? 1 : 0;
    }
  }
  EXPECT_GT(zeros, 10);
  EXPECT_LT(zeros, 100);
}

TEST_F(BatchTest, PromptsStandUnderTheReturnsThatWereMeasured) {
  Record record;
  record.intent = "holiday sale";
  record.prompts[static_cast<std::size_t>(Task::query)] = {"red sign", "blue sign"};
  Returns returns;
  returns[static_cast<std::size_t>(Task::query)] = {7, 3};
  Batch measured, spelled_out;
  builder_.add_teacher(measured, record, &returns);
  builder_.add(spelled_out, record.intent,
               std::vector<Example>{{{Task::query, 2, 7}, "red sign"}, {{Task::query, 2, 3}, "blue sign"}});
  EXPECT_EQ(measured.tokens, spelled_out.tokens);
}

TEST_F(BatchTest, WhatTheModelWroteStandsUnderWhatItAchieved) {
  std::vector<Record> records(1);
  records[0].intent = "holiday sale";
  auto replay = ReplayBuffer::open({}, 10, 0);
  ASSERT_TRUE(replay->add({{1, "holiday sale", {Task::query, 4, 9}, {Task::query, 2, 6}, "red sign"},
                           {1, "another", {Task::query, 4, 9}, {Task::query, 2, 6}, "blue sign"}}));
  Batch batch, spelled_out;
  std::mt19937_64 random(1);
  builder_.add_training(batch, {.records = records, .replay = &*replay}, 0, random);
  builder_.add(spelled_out, "holiday sale", std::vector<Example>{{{Task::query, 2, 6}, "red sign"}});
  EXPECT_EQ(batch.tokens, spelled_out.tokens);
}

TEST_F(BatchTest, PaddingIsATreeThatNobodySees) {
  Batch batch;
  builder_.add(batch, "holiday sale", std::vector<Example>{{{Task::query, 2, 9}, "red sign"}});
  const Batch before = batch;
  const std::size_t n = before.tokens.size();
  pad(batch, n + 3);
  ASSERT_EQ(batch.tokens.size(), n + 3);
  ASSERT_EQ(batch.trees.size(), 2U);
  EXPECT_EQ(batch.trees.back().begin, static_cast<std::int32_t>(n));
  EXPECT_EQ(batch.trees.back().end, static_cast<std::int32_t>(n + 3));
  EXPECT_EQ(batch.loss.size(), before.loss.size());
  for (std::size_t i = n; i < batch.tokens.size(); ++i) {
    EXPECT_EQ(seen(batch, static_cast<std::int32_t>(i)), std::vector<text::TokenId>{batch.tokens[i]});
  }
  pad(batch, n + 3);  // nothing to do
  EXPECT_EQ(batch.trees.size(), 2U);
}

TEST_F(BatchTest, UtterancesTeachWhatTheyMean) {
  std::vector<Record> records(1);
  records[0].intent = "holiday sale";
  records[0].category = "retail";
  records[0].utterances = {{"need a red sign", "template"}};
  const std::string understanding = "template retail holiday sale";
  Batch expected;
  builder_.add(expected, "need a red sign",
               std::vector<Example>{{{Task::intent, 1, suggest::best_return}, understanding}});
  std::mt19937_64 random(1);
  int found = 0;
  for (int i = 0; i < 100; ++i) {
    Batch batch;
    builder_.add_training(batch, {.records = records}, 0, random);
    if (batch.loss.empty()) continue;
    ++found;
    EXPECT_EQ(std::vector(batch.tokens.begin(), batch.tokens.begin() + std::ssize(expected.tokens)), expected.tokens);
  }
  EXPECT_GT(found, 30);
  EXPECT_LT(found, 90);
  for (int i = 0; i < 100; ++i) {
    Batch batch;
    builder_.add_training(batch, {.records = records, .understandings = 2}, 0, random);
    EXPECT_EQ(batch.loss.size(), 2 * expected.loss.size());
  }
}

}  // namespace
}  // namespace updraft::learn
