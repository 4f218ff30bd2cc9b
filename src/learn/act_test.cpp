#include "learn/act.h"

#include <gtest/gtest.h>

#include "encode/small_bert.h"
#include "files/test_folder.h"
#include "gguf/writer.h"
#include "suggest/small_model.h"
#include "text/words.h"

namespace updraft::learn {
namespace {

Experience achieved(Task task, int ret) { return {1, "x", {task, 5, 9}, {task, 5, ret}, "a"}; }

TEST(ExploringCommands, AskForTheBestSeenOrOneMore) {
  const std::vector<Experience> seen = {achieved(Task::query, 3), achieved(Task::query, 5), achieved(Task::image, 8)};
  std::mt19937_64 random(1);
  std::array<int, 10> asked{};
  for (int i = 0; i < 50; ++i) {
    for (const auto& command : exploring_commands(Task::query, seen, {.samples = 4, .explore_share = 0}, random)) {
      EXPECT_EQ(command.task, Task::query);
      EXPECT_GE(command.words, trained_words(Task::query).min);
      EXPECT_LE(command.words, trained_words(Task::query).max);
      ++asked[static_cast<std::size_t>(command.ret)];
    }
  }
  EXPECT_GT(asked[5], 50);
  EXPECT_GT(asked[6], 50);
  EXPECT_EQ(asked[5] + asked[6], 200);
}

TEST(ExploringCommands, AskForTheHighestWhenNothingWasSeen) {
  std::mt19937_64 random(1);
  for (const auto& command : exploring_commands(Task::image, {}, {.samples = 6, .explore_share = 0}, random))
    EXPECT_EQ(command.ret, 9);
}

TEST(ExploringCommands, AskForAnythingInTheShareThatExplores) {
  std::mt19937_64 random(1);
  std::array<int, 10> asked{};
  for (int i = 0; i < 100; ++i) {
    for (const auto& command : exploring_commands(Task::query, {}, {.samples = 4, .explore_share = 0.5}, random))
      ++asked[static_cast<std::size_t>(command.ret)];
  }
  for (std::size_t ret = 0; ret < 9; ++ret) EXPECT_GT(asked[ret], 3) << ret;
  EXPECT_GT(asked[9], 150);
}

class Act : public testing::Test {
 protected:
  void SetUp() override {
    folder_.write("vocab.txt", "[UNK]\n[CLS]\n[SEP]\nsale\nred\n");
    folder_.write("model.safetensors", encode::test::as_safetensors(encode::test::small_bert(5)));
    ASSERT_TRUE(gguf::write(folder_ / "model.gguf", suggest::test::small_model(suggest::test::Controls::named)));
  }
  [[nodiscard]] std::vector<Experience> act(std::int64_t step) const {
    auto scorer = reward::Scorer::load(folder_.path(), {.threads = 1});
    const auto replay = ReplayBuffer::open({}, 10, 0);
    std::vector<corpus::Record> records(2);
    records[0].intent = "red sale";
    records[1].intent = "sale";
    auto experiences = learn::act(folder_ / "model.gguf", records, Judge(*std::move(scorer)), *replay,
                                  {.intents = 3, .threads = 1}, step);
    EXPECT_TRUE(experiences) << experiences.error().message;
    return experiences ? *experiences : std::vector<Experience>();
  }
  files::test::Folder folder_;
};

TEST_F(Act, LabelsWhatWasWrittenWithWhatItIs) {
  const auto experiences = act(7);
  ASSERT_GT(experiences.size(), 10U);
  for (const Experience& experience : experiences) {
    EXPECT_EQ(experience.step, 7);
    EXPECT_EQ(experience.achieved.task, experience.asked.task);
    EXPECT_EQ(static_cast<std::size_t>(experience.achieved.words), text::count_words(experience.prompt));
    EXPECT_GE(experience.achieved.ret, 0);
    EXPECT_LE(experience.achieved.ret, 9);
  }
}

TEST_F(Act, RepeatsItselfForAStepAndDiffersBetweenSteps) {
  const auto lines = [](const std::vector<Experience>& experiences) {
    std::string all;
    for (const Experience& experience : experiences) all += experience.prompt + '\n';
    return all;
  };
  EXPECT_EQ(lines(act(1)), lines(act(1)));
  EXPECT_NE(lines(act(1)), lines(act(2)));
}

TEST_F(Act, WhatTheTeacherWroteIsWorthSevenAtLeast) {
  const Judge judge(reward::Scorer::load(folder_.path(), {.threads = 1}).value());
  corpus::Record record;
  record.intent = "red sale";
  record.prompts[static_cast<std::size_t>(Task::query)] = {"red sale", "red sale"};  // an echo, twice: worth nothing
  const std::vector<std::string_view> echoes = {"red sale", "red sale"};
  for (const int ret : judge.of("red sale", Task::query, echoes)) EXPECT_LT(ret, least_teacher_return);
  const Returns returns = judge.of(record);
  for (const int ret : returns[static_cast<std::size_t>(Task::query)]) EXPECT_EQ(ret, least_teacher_return);
}

}  // namespace
}  // namespace updraft::learn
