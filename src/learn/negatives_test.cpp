#include "learn/negatives.h"

#include <gtest/gtest.h>

#include "reward/constraints.h"

namespace updraft::learn {
namespace {

std::string edited(Flaw flaw, std::string_view intent, Task task, std::string_view prompt) {
  decode::Random random(1);
  for (const Negative& edit : edits_of(intent, task, prompt, "wedding in a garden", random)) {
    if (edit.flaw == flaw) return edit.text;
  }
  return "";
}

TEST(Negatives, PutAWordWhereAnotherStood) {
  EXPECT_EQ(with_word("Red barn, red-roofed, bored", "red", "blue"), "Blue barn, blue-roofed, bored");
  EXPECT_EQ(with_word("no cat", "dog", "cow"), "no cat");
  EXPECT_EQ(with_word("", "dog", "cow"), "");
}

TEST(Negatives, BreakTheConstraintThatTheyAreNamedAfter) {
  struct Case {
    Flaw flaw;
    std::string_view intent;
    Task task;
    std::string_view prompt;
  };
  for (const Case& c :
       {Case{Flaw::colour, "three red balloons", Task::image, "Three red balloons over a field"},
        Case{Flaw::count, "four cats in a boat", Task::image, "Four cats in a rowing boat at dawn"},
        Case{Flaw::negation, "empty beach, no people", Task::image, "Low tide on a wide beach with no people"},
        Case{Flaw::negation, "empty beach, no people", Task::query, "low tide beach"},
        Case{Flaw::audience, "craft ideas for kids", Task::query, "paper crafts for kids"}}) {
    const std::string text = edited(c.flaw, c.intent, c.task, c.prompt);
    ASSERT_FALSE(text.empty()) << c.intent;
    const reward::Constraints stated = reward::read_constraints(c.intent);
    EXPECT_EQ(check(stated, c.task, c.prompt).broken, 0) << c.prompt;
    EXPECT_EQ(check(stated, c.task, text).broken, 1) << text;
  }
}

TEST(Negatives, DenyOrReplaceWhatTheIntentNames) {
  EXPECT_TRUE(
      edited(Flaw::negation, "birthday card with a fox", Task::template_, "Card with a fox in a scarf").find("no ") !=
          std::string::npos ||
      edited(Flaw::negation, "birthday card with a fox", Task::template_, "Card with a fox in a scarf")
              .find("without ") != std::string::npos);
  const std::string text = edited(Flaw::subject, "a fox at night", Task::query, "fox under stars");
  EXPECT_TRUE(text == "wedding under stars" || text == "garden under stars") << text;
}

TEST(Negatives, AreNotMadeWhereNothingIsStated) {
  for (const Flaw flaw : {Flaw::colour, Flaw::count, Flaw::audience}) {
    EXPECT_EQ(edited(flaw, "a fox at night", Task::image, "Two red foxes for kids"), "") << name(flaw);
  }
  EXPECT_EQ(edited(Flaw::subject, "a fox at night", Task::related, "owl prints"), "");
}

TEST(Negatives, TricksBeginWithTheIntent) {
  decode::Random random(1);
  const auto tricks = tricks_on("a fox at night", "an owl on a branch over water", random);
  ASSERT_EQ(tricks.size(), 3U);
  EXPECT_EQ(tricks[0].text, "a fox at night");
  EXPECT_GT(tricks[1].text.size(), tricks[0].text.size());
  EXPECT_EQ(tricks[2].text, "a fox at night, a branch over water");
  for (const Negative& trick : tricks) EXPECT_TRUE(trick.text.starts_with("a fox at night"));
  EXPECT_EQ(tricks_on("", "", random).size(), 3U);
}

}  // namespace
}  // namespace updraft::learn
