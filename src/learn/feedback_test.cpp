#include "learn/feedback.h"

#include <gtest/gtest.h>

#include <set>

#include "feedback/returns.h"
#include "files/test_folder.h"

namespace updraft::learn {
namespace {

std::string line(const std::string& intent, const std::string& prompt, int ret) {
  return feedback::to_line({.intent = intent, .task = Task::query, .prompt = prompt, .words = 2, .ret = ret}) + "\n";
}

TEST(Feedback, GivesThePromptsOfAnIntentUnderTheirReturns) {
  const files::test::Folder folder;
  const auto feedback =
      Feedback::open(folder.write("f.jsonl", line("red shoes", "red boots", 9) + line("green hat", "green cap", 3) +
                                                 line("red shoes", "shoes", 0)));
  ASSERT_TRUE(feedback) << feedback.error().message;
  EXPECT_EQ(feedback->intents(), (std::vector<std::string>{"red shoes", "green hat"}));
  EXPECT_EQ(feedback->prompts(), 3U);
  std::mt19937_64 random(1);
  std::size_t both = 0;
  for (int i = 0; i < 2000; ++i) {
    const auto examples = feedback->examples(0, random);
    ASSERT_GE(examples.size(), 1U);
    EXPECT_EQ(examples[0].prompt, "red boots");
    EXPECT_EQ(examples[0].command.ret, 9);
    if (examples.size() == 1) continue;
    ++both;
    EXPECT_EQ(examples[1].prompt, "shoes");
    EXPECT_EQ(examples[1].command.ret, 0);
  }
  EXPECT_GE(both, 5U) << "nobody wanted it: a chance of one in a hundred";
  EXPECT_LE(both, 50U);
}

TEST(Feedback, GivesTheBestOfAnIntentWhereNoneIsDrawn) {
  const files::test::Folder folder;
  const auto feedback =
      Feedback::open(folder.write("f.jsonl", line("red shoes", "boots", 0) + line("red shoes", "shoes", 1)));
  ASSERT_TRUE(feedback);
  std::mt19937_64 random(1);
  std::size_t best = 0;
  for (int i = 0; i < 100; ++i) {
    const auto examples = feedback->examples(0, random);
    ASSERT_FALSE(examples.empty());
    best += examples[0].prompt == "shoes" ? 1 : 0;
  }
  EXPECT_GE(best, 95U);
}

TEST(Feedback, DrawsSomeOfManyEachOnce) {
  const files::test::Folder folder;
  std::string text;
  for (int i = 0; i < 100; ++i) text += line("red shoes", "shoes " + std::to_string(i), 9);
  const auto feedback = Feedback::open(folder.write("f.jsonl", text));
  ASSERT_TRUE(feedback);
  std::mt19937_64 random(1);
  std::set<std::string_view> all;
  for (int i = 0; i < 40; ++i) {
    const auto examples = feedback->examples(0, random);
    std::set<std::string_view> once;
    for (const Example& example : examples) once.insert(example.prompt);
    EXPECT_EQ(once.size(), Feedback::max_examples);
    all.insert(once.begin(), once.end());
  }
  EXPECT_EQ(all.size(), 100U);
}

TEST(Feedback, KeepsHeldOutIntentsFromTraining) {
  const files::test::Folder folder;
  std::string held_out;
  for (int i = 0; held_out.empty(); ++i) {
    if (corpus::is_held_out("intent " + std::to_string(i))) held_out = "intent " + std::to_string(i);
  }
  const auto path = folder.write("f.jsonl", line(held_out, "a", 9));
  EXPECT_FALSE(Feedback::open(path)) << "nothing is left";
  folder.write("f.jsonl", line(held_out, "a", 9) + line("red shoes", "b", 9));
  const auto feedback = Feedback::open(path);
  ASSERT_TRUE(feedback);
  EXPECT_EQ(feedback->intents(), std::vector<std::string>{"red shoes"});
}

TEST(Feedback, NamesWhatIsWrongWithItsFile) {
  const files::test::Folder folder;
  EXPECT_FALSE(Feedback::open(folder / "none.jsonl"));
  const auto broken = Feedback::open(folder.write("f.jsonl", line("a", "b", 9) + "nonsense\n"));
  ASSERT_FALSE(broken);
  EXPECT_NE(broken.error().message.find("f.jsonl:2: "), std::string::npos);
}

}  // namespace
}  // namespace updraft::learn
