#include "learn/replay.h"

#include <gtest/gtest.h>

#include "feedback/returns.h"
#include "files/test_folder.h"

namespace updraft::learn {
namespace {

Experience written(std::int64_t step, const std::string& intent, const std::string& prompt) {
  return {step, intent, {Task::template_, 7, 9}, {Task::template_, 6, 4}, prompt};
}

std::vector<std::string> prompts(const ReplayBuffer& buffer) {
  std::vector<std::string> all;
  for (const Experience& experience : buffer.all()) all.push_back(experience.prompt);
  return all;
}

class Replay : public testing::Test {
 protected:
  [[nodiscard]] Result<ReplayBuffer> open(std::size_t capacity = 10, std::int64_t step = 100) const {
    return ReplayBuffer::open(folder_ / "replay.jsonl", capacity, step);
  }
  files::test::Folder folder_;
};

TEST_F(Replay, RemembersAcrossRuns) {
  ASSERT_TRUE(open()->add({written(1, "holiday sale", "a \"bold\" poster\n\xff"), written(2, "cat", "b")}));
  const auto again = open();
  ASSERT_TRUE(again) << again.error().message;
  ASSERT_EQ(again->all().size(), 2U);
  const Experience& first = again->all()[0];
  EXPECT_EQ(first.step, 1);
  EXPECT_EQ(first.intent, "holiday sale");
  EXPECT_EQ(first.asked.words, 7);
  EXPECT_EQ(first.asked.ret, 9);
  EXPECT_EQ(first.achieved.task, Task::template_);
  EXPECT_EQ(first.achieved.words, 6);
  EXPECT_EQ(first.achieved.ret, 4);
  EXPECT_TRUE(first.prompt.starts_with("a \"bold\" poster\n"));
}

TEST_F(Replay, DropsTheOldestBeyondItsCapacity) {
  auto buffer = open(3);
  ASSERT_TRUE(buffer->add({written(1, "x", "a"), written(1, "x", "b")}));
  ASSERT_TRUE(buffer->add({written(2, "x", "c"), written(2, "y", "d")}));
  EXPECT_EQ(prompts(*buffer), (std::vector<std::string>{"b", "c", "d"}));
  EXPECT_EQ(prompts(*open(3)), prompts(*buffer));
}

TEST_F(Replay, FindsWhatWasWrittenForAnIntent) {
  auto buffer = open();
  ASSERT_TRUE(buffer->add({written(1, "x", "a"), written(1, "y", "b"), written(2, "x", "c")}));
  const auto found = buffer->of("x");
  EXPECT_EQ(std::vector<std::size_t>(found.begin(), found.end()), (std::vector<std::size_t>{0, 2}));
  EXPECT_TRUE(buffer->of("z").empty());
}

TEST_F(Replay, ForgetsWhatCameAfterTheStepThatARunGoesOnFrom) {
  ASSERT_TRUE(open()->add({written(5, "x", "a"), written(9, "x", "b")}));
  EXPECT_EQ(prompts(*open(10, 5)), std::vector<std::string>{"a"});
}

TEST_F(Replay, ReadsWhatFeedbackIsExportedAs) {
  const auto experience = parse_experience(feedback::to_line(
      {.intent = "a \"sale\"", .task = Task::template_, .prompt = "red poster", .words = 2, .ret = 7}));
  ASSERT_TRUE(experience) << experience.error().message;
  EXPECT_EQ(experience->intent, "a \"sale\"");
  EXPECT_EQ(experience->prompt, "red poster");
  EXPECT_EQ(experience->achieved.task, Task::template_);
  EXPECT_EQ(experience->achieved.words, 2);
  EXPECT_EQ(experience->achieved.ret, 7);
  EXPECT_EQ(experience->asked.ret, 7);
}

TEST_F(Replay, NamesTheLineThatIsWrong) {
  for (
      const char* line :
      {"", "{}", "[1]", "nonsense",
       R"({"step":1,"intent":"x","task":"poem","asked_words":1,"asked_return":1,"words":1,"return":1,"prompt":"a"})",
       R"({"step":1,"intent":"x","task":"query","asked_words":1,"asked_return":1,"words":1,"return":10,"prompt":"a"})"}) {
    folder_.write("replay.jsonl", to_line(written(1, "x", "a")) + "\n" + line + "\n");
    const auto buffer = open();
    ASSERT_FALSE(buffer) << line;
    EXPECT_NE(buffer.error().message.find("replay.jsonl:2: "), std::string::npos) << buffer.error().message;
  }
}

}  // namespace
}  // namespace updraft::learn
