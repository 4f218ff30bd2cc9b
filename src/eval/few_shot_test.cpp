#include "eval/few_shot.h"

#include <gtest/gtest.h>

namespace updraft::eval {
namespace {

using Texts = std::vector<std::string>;

std::vector<corpus::Record> numbered(int n) {
  std::vector<corpus::Record> records;
  for (int i = 0; i < n; ++i) {
    corpus::Record& record = records.emplace_back();
    record.intent = "intent " + std::to_string(i);
    for (const Task task : prompt_tasks) {
      record.prompts[static_cast<std::size_t>(task)] = {"a red sale", std::string(name(task))};
    }
  }
  return records;
}

Texts intents(const std::vector<corpus::Record>& records) {
  Texts all;
  for (const corpus::Record& record : records) all.push_back(record.intent);
  return all;
}

TEST(ChooseExamples, DoesNotDependOnWhatElseThereIs) {
  const auto few = numbered(50);
  const auto chosen = choose_examples(few, 3, 1);
  ASSERT_EQ(chosen.size(), 3U);
  EXPECT_EQ(intents(choose_examples(few, 3, 1)), intents(chosen));
  EXPECT_NE(intents(choose_examples(few, 3, 2)), intents(chosen));
  std::vector<corpus::Record> turned(few.rbegin(), few.rend());
  EXPECT_EQ(intents(choose_examples(turned, 3, 1)), intents(chosen));
  EXPECT_EQ(choose_examples(numbered(2), 3, 1).size(), 2U);
}

TEST(FewShot, ShowsEachExampleAsAQuestionWithItsAnswer) {
  const auto examples = numbered(2);
  const std::vector<int> words = {4, 3, 5};
  const auto messages = few_shot(examples, "holiday sale", Task::query, words);
  ASSERT_EQ(messages.size(), 6U);
  EXPECT_EQ(messages[0].role, "system");
  EXPECT_EQ(messages[1].role, "user");
  EXPECT_NE(messages[1].content.find("Intent: intent 0\nWrite 2 search queries"), std::string::npos);
  EXPECT_TRUE(messages[1].content.ends_with("Words, in this order: 3, 1."));
  EXPECT_EQ(messages[2].role, "assistant");
  EXPECT_EQ(messages[2].content, "1. a red sale\n2. query");
  EXPECT_EQ(messages[5].role, "user");
  EXPECT_NE(messages[5].content.find("Intent: holiday sale\nWrite 3 "), std::string::npos);
  EXPECT_TRUE(messages[5].content.ends_with("Words, in this order: 4, 3, 5."));
}

TEST(FewShot, AsksForEachTaskInOtherWords) {
  const std::vector<int> words = {4};
  Texts questions;
  for (const Task task : prompt_tasks) questions.push_back(few_shot({}, "a", task, words).back().content);
  for (std::size_t i = 1; i < questions.size(); ++i) EXPECT_NE(questions[i], questions[i - 1]);
}

TEST(ReadList, TakesNumbersBulletsAndQuotesAway) {
  const Texts expected = {"red sale sign", "3 red cats", "a 1.5 litre jug"};
  for (const char* answer : {
           "1. red sale sign\n2. 3 red cats\n3. a 1.5 litre jug",
           "1) red sale sign\n\n2) 3 red cats\n\n3) a 1.5 litre jug\n",
           "- red sale sign\r\n- 3 red cats\r\n- a 1.5 litre jug",
           "* \"red sale sign\"\n* \"3 red cats.\"\n* 'a 1.5 litre jug'",
           "• red sale sign\n• 3 red cats\n• a 1.5 litre jug",
           "1. **red sale sign**\n2. **3 red cats**\n3. **a 1.5 litre jug**",
           "**1.** red sale sign\n**2.** 3 red cats\n**3.** a 1.5 litre jug",
           "(1) red sale sign.\n(2) 3 red cats.\n(3) a 1.5 litre jug.",
           "1. red sale sign (3 words)\n2. (3 words) 3 red cats\n3. 4 words: a 1.5 litre jug",
           "Sure! Here they are:\n\n1. “red sale sign”\n2. “3 red cats”\n3. “a 1.5 litre jug”\n\nEnjoy them all!",
           "red sale sign\n3 red cats\na 1.5 litre jug",
           "Here they are:\n```\nred sale sign\n3 red cats\na 1.5 litre jug\n```",
           R"(["red sale sign", "3 red cats", "a 1.5 litre jug"])",
       }) {
    EXPECT_EQ(read_list(answer, 8, false), expected) << answer;
  }
}

TEST(ReadList, LeavesTextsAlone) {
  EXPECT_EQ(read_list("1. 'Open' sign, 20% off (today)", 8, false), (Texts{"'Open' sign, 20% off (today)"}));
  EXPECT_EQ(read_list("- rock 'n' roll poster", 8, false), (Texts{"rock 'n' roll poster"}));
  EXPECT_EQ(read_list("1. poster [blue] with 3: three", 8, false), (Texts{"poster [blue] with 3: three"}));
}

TEST(ReadList, TakesNoMoreThanAskedForAndNoTornEnd) {
  EXPECT_EQ(read_list("1. a\n2. b\n3. c", 2, false), (Texts{"a", "b"}));
  EXPECT_EQ(read_list("1. a\n2. b\n3. half of", 8, true), (Texts{"a", "b"}));
  EXPECT_EQ(read_list("1. a\n2. b\nAnd now I", 8, true), (Texts{"a", "b"}));
}

TEST(ReadList, FindsNothingInNothing) {
  for (const std::string& answer : {std::string(), std::string("\n\n"), std::string("Here they are:"),
                                    std::string("[]"), std::string("1."), std::string("```"), std::string("**"),
                                    std::string("\"\""), std::string("- "), "1. " + std::string(5000, 'a')}) {
    EXPECT_TRUE(read_list(answer, 8, false).empty()) << answer;
  }
}

}  // namespace
}  // namespace updraft::eval
