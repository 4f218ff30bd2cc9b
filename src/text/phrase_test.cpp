#include "text/phrase.h"

#include <gtest/gtest.h>

namespace updraft::text {
namespace {

TEST(Phrase, AWholePhraseDoesNotDangle) {
  for (const char* text : {"holiday sale poster", "Sale sign, red and white", "Poster (A4)", "20% off", "Café",
                           "the \"big\" sale", "Bake sale!"}) {
    EXPECT_TRUE(is_whole(text)) << text;
  }
  for (const char* text :
       {"", " ", "poster with", "poster with a", "red and", "sign,", "sign -", "Poster (A4", "the \"big sale", "salt &",
        "a card for The", "three cups, no", "one word on every", "..."}) {
    EXPECT_FALSE(is_whole(text)) << text;
  }
}

TEST(Phrase, ARepeatedWordOrRunOfThreeIsALoop) {
  for (const char* text : {"sale sale", "red sign Red, sign red SIGN", "a price tag and a price tag and a"})
    EXPECT_TRUE(loops(text)) << text;
  for (const char* text : {"", "sale", "a red sign and a red flag", "black on black"})
    EXPECT_FALSE(loops(text)) << text;
}

TEST(Phrase, TextsOfTheSameWordsAreAlike) {
  EXPECT_EQ(alike_key("Holiday sale, poster"), alike_key("poster holiday SALE"));
  EXPECT_NE(alike_key("holiday sale"), alike_key("holiday sale sale"));
  EXPECT_NE(alike_key("red sign"), alike_key("blue sign"));
  EXPECT_NE(alike_key("ab c"), alike_key("a bc"));
}

}  // namespace
}  // namespace updraft::text
