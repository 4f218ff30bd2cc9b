#include "catalogue/words.h"

#include <gtest/gtest.h>

#include <algorithm>
#include <random>

namespace updraft::catalogue {
namespace {

TEST(Words, AreRunsOfLettersAndDigitsInLowerCase) {
  EXPECT_EQ(words_of("Red-and-WHITE boat, 20% off: Ünïcode 世界*"),
            (std::vector<std::string>{"red", "and", "white", "boat", "20", "off", "ünïcode", "世界"}));
  EXPECT_TRUE(words_of("\" * ^ ( ) : - + {}").empty());
  EXPECT_TRUE(words_of(std::string(65, 'x')).empty());
  EXPECT_EQ(words_of(std::string(64, 'x')).size(), 1U);
}

TEST(Words, ThatOnlyHoldOthersTogetherAreKnown) {
  for (const std::string word : {"for", "a", "something", "without", "your"})
    EXPECT_TRUE(is_function_word(word)) << word;
  for (const std::string word : {"", "cat", "red", "one", "sale"}) EXPECT_FALSE(is_function_word(word)) << word;
}

bool have_one_in_common(std::string_view typed, std::string_view meant) {
  const auto a = shortened(typed, mistakes_in(typed)), b = shortened(meant, mistakes_to(meant));
  return std::any_of(a.begin(), a.end(),
                     [&](const auto& one) { return std::find(b.begin(), b.end(), one) != b.end(); });
}

TEST(Shortened, HaveOneInCommonWhereOneIsMeantByTheOther) {
  for (const auto& [typed, meant] : {std::pair("holliday", "holiday"),
                                     {"brithday", "birthday"},
                                     {"chrstmass", "christmas"},
                                     {"doat", "coat"},
                                     {"baot", "boat"},
                                     {"boatt", "boat"},
                                     {"oats", "boats"},
                                     {"élfant", "éléfant"},
                                     {"xhristmsa", "christmas"}}) {
    EXPECT_TRUE(have_one_in_common(typed, meant)) << typed;
  }
  EXPECT_FALSE(have_one_in_common("elephant", "boat"));
  EXPECT_EQ(mistakes_in("boa"), 0U);
  EXPECT_EQ(mistakes_in("boat5"), 0U);
  EXPECT_LE(shortened(std::string(64, 'x') + "abcdefgh", 2).size(), 29U);
  EXPECT_LE(shortened("abcdefghijklmnop", 2).size(), 29U);
}

// Whatever mistake is made in a word, it is among those that are looked at.
TEST(Shortened, MissNoneThatTheVocabularyFinds) {
  std::mt19937 random(1);
  for (const std::string word : {"boat", "horse", "garden", "holiday", "birthday", "christmas", "illustration"}) {
    Vocabulary words;
    words.add(word, 1);
    for (int i = 0; i < 2000; ++i) {
      std::string typed = word;
      for (unsigned mistakes = 1 + random() % 2; mistakes > 0; --mistakes) {
        const std::size_t at = random() % typed.size();
        const char letter = static_cast<char>('a' + random() % 26);
        switch (random() % 4) {
          case 0:
            typed.insert(at, 1, letter);
            break;
          case 1:
            typed.erase(at, 1);
            break;
          case 2:
            typed[at] = letter;
            break;
          default:
            std::swap(typed[at], typed[std::min(at + 1, typed.size() - 1)]);
        }
      }
      if (typed == word || words.nearest(typed).empty()) continue;
      ASSERT_TRUE(have_one_in_common(typed, word)) << typed << " for " << word;
    }
  }
}

TEST(Vocabulary, FindsWhatIsMeant) {
  Vocabulary words;
  for (const auto& [word, assets] :
       {std::pair("holiday", 9), {"holidays", 3}, {"birthday", 20}, {"boat", 5}, {"coat", 8}, {"christmas", 7}}) {
    words.add(word, static_cast<std::size_t>(assets));
  }
  EXPECT_EQ(words.nearest("holliday"), "holiday");
  EXPECT_EQ(words.nearest("brithday"), "birthday");
  EXPECT_EQ(words.nearest("chrstmass"), "christmas");
  EXPECT_EQ(words.nearest("doat"), "coat");  // as near as boat, and in more assets
  EXPECT_EQ(words.nearest("elephant"), "");
  EXPECT_EQ(words.nearest("boa"), "");
  EXPECT_EQ(words.nearest("boat5"), "");
}

}  // namespace
}  // namespace updraft::catalogue
