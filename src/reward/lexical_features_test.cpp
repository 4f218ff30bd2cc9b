#include "reward/lexical_features.h"

#include <gtest/gtest.h>

namespace updraft::reward {
namespace {

using enum LexicalFeature;

float feature(LexicalFeature which, std::string_view intent, std::string_view prompt, Task task = Task::image) {
  return LexicalReader(intent).of(task, prompt)[static_cast<std::size_t>(which)];
}

TEST(LexicalFeatures, SayWhichOfTheIntentsWordsAreKept) {
  EXPECT_EQ(feature(kept, "red fox at night", "Fox tracks under a night sky"), 2.0F / 3);
  EXPECT_EQ(feature(kept_head, "knitted fox for a nursery", "A fox in wool"), 1);
  EXPECT_EQ(feature(kept_head, "knitted fox for a nursery", "A nursery shelf"), 0);
  EXPECT_EQ(feature(old, "red fox", "red fox, blue door"), 0.5F);
  EXPECT_EQ(feature(adds_nothing, "red fox", "the fox is red"), 1);
  EXPECT_EQ(feature(adds_nothing, "red fox", "the fox is asleep"), 0);
  EXPECT_EQ(feature(longest_run, "red fox at night", "the red fox sleeps"), 0.5F);
  EXPECT_EQ(feature(longest_run, "red fox at night", "Red fox at night, asleep"), 1);
  EXPECT_EQ(feature(repeats_itself, "red fox", "fox fox den fox"), 0.5F);
  EXPECT_GT(feature(letters, "photography", "photographer"), 0.6F);
  EXPECT_LT(feature(letters, "photography", "bicycle"), 0.1F);
}

TEST(LexicalFeatures, SayWhetherNumbersAreKept) {
  EXPECT_EQ(feature(number_asked, "three foxes", "foxes"), 1);
  EXPECT_EQ(feature(number_kept, "three foxes", "a trio of foxes"), 1);
  EXPECT_EQ(feature(number_other, "three foxes", "3 foxes"), 0);
  EXPECT_EQ(feature(number_other, "three foxes", "five animals"), 1);
  EXPECT_EQ(feature(number_new, "foxes", "five foxes"), 1);
  EXPECT_EQ(feature(digits_kept, "calendar 2027", "2027 wall calendar"), 1);
  EXPECT_EQ(feature(digits_other, "calendar 2027", "2026 wall calendar"), 1);
}

TEST(LexicalFeatures, SayWhetherColoursNegationsAndAudienceAreKept) {
  EXPECT_EQ(feature(colour_asked, "red balloon", "a balloon"), 1);
  EXPECT_EQ(feature(colour_kept, "red balloon", "a crimson balloon"), 1);
  EXPECT_EQ(feature(colour_other, "red balloon", "a blue balloon"), 1);
  EXPECT_EQ(feature(colour_new, "balloon", "a blue balloon"), 1);
  EXPECT_EQ(feature(denies_in_intent, "beach, no people", "a beach"), 1);
  EXPECT_EQ(feature(denies_in_prompt, "beach, no people", "a beach without anybody"), 1);
  EXPECT_EQ(feature(names_banned, "beach, no people", "a crowd at the beach"), 1);
  EXPECT_EQ(feature(names_banned, "beach, no people", "a beach without people"), 0);
  EXPECT_EQ(feature(audience_asked, "crafts for kids", "paper crafts"), 1);
  EXPECT_EQ(feature(audience_kept, "crafts for kids", "crafts for toddlers"), 1);
  EXPECT_EQ(feature(audience_other, "crafts for kids", "crafts for seniors"), 1);
  EXPECT_EQ(feature(constraints_broken, "crafts for kids", "crafts for seniors"), 1);
  EXPECT_EQ(feature(constraints_kept, "crafts for kids", "crafts for toddlers"), 1);
}

TEST(LexicalFeatures, LieBetweenZeroAndOneForAnyText) {
  const std::string_view long_text =
      "no no no 12 12 red \"red fox\" 'x' 9/11 fox's foxes, (blue) fox-fox ;;; \xff\xfe \xc3\xa9 red fox at night";
  for (const std::string_view intent :
       {std::string_view(""), std::string_view("three red foxes for kids, no text"), long_text}) {
    for (const std::string_view prompt : {std::string_view(""), std::string_view("fox"), long_text}) {
      for (const Task task : prompt_tasks) {
        for (const float value : LexicalReader(intent).of(task, prompt)) {
          EXPECT_GE(value, 0) << intent << " | " << prompt;
          EXPECT_LE(value, 1) << intent << " | " << prompt;
        }
      }
    }
  }
}

}  // namespace
}  // namespace updraft::reward
