#include "corpus/alike.h"

#include <gtest/gtest.h>

#include <random>

namespace updraft::corpus {
namespace {

TEST(PlainWords, AreRunsOfLettersAndDigitsInLowerCase) {
  EXPECT_EQ(plain_words("The farrier's Art-Deco, 20% (caf\xC3\xA9)"),
            (std::vector<std::string>{"the", "farrier's", "art", "deco", "20", "caf\xC3\xA9"}));
  EXPECT_EQ(plain_words("text: 'sale'"), (std::vector<std::string>{"text", "sale"}));
  EXPECT_TRUE(plain_words(" - & ' ").empty());
  EXPECT_EQ(plain_words("a\xFF b"), (std::vector<std::string>{"a", "b"}));
}

TEST(ContentWords, PassOverOrderPluralsAndLittleWords) {
  EXPECT_EQ(content_words("logo for a bakery"), content_words("Bakery logos"));
  EXPECT_EQ(content_words("menus"), content_words("menu"));
  EXPECT_EQ(content_words("boxes of cherries"), content_words("cherry box"));
  EXPECT_NE(content_words("3 cats"), content_words("4 cats"));
  EXPECT_NE(content_words("park with people"), content_words("park without people"));
  EXPECT_NE(content_words("glass"), content_words("gla"));
  EXPECT_FALSE(content_words("the").empty()) << "a text of little words alone is still a text";
  EXPECT_TRUE(content_words("").empty());
}

TEST(Shingles, KeepTheOrderOfWords) {
  EXPECT_EQ(shingles("a red fox in snow").size(), 3U);
  EXPECT_EQ(shingles("red fox").size(), 1U);
  EXPECT_EQ(shingles("fox").size(), 1U);
  EXPECT_TRUE(shingles("").empty());
  EXPECT_NE(shingles("a red fox"), shingles("fox red a"));
}

TEST(Likeness, IsTheShareOfWhatBothHave) {
  EXPECT_DOUBLE_EQ(likeness({1, 2, 3}, {2, 3, 4}), 0.5);
  EXPECT_DOUBLE_EQ(likeness({1, 2}, {1, 2}), 1.0);
  EXPECT_DOUBLE_EQ(likeness({1}, {2}), 0.0);
  EXPECT_DOUBLE_EQ(likeness({}, {}), 0.0);
}

// The index against comparing all pairs.
TEST(AlikeIndex, FindsWhatComparingAllPairsFinds) {
  std::mt19937 random(1);
  std::size_t found = 0;
  for (const double least : {0.35, 0.8, 1.0}) {
    AlikeIndex index(least);
    std::vector<Features> texts;
    for (std::size_t id = 0; id < 400; ++id) {
      Features features;
      for (std::uint64_t word = 0; word < 14; ++word) {
        if (random() % 2 == 0) features.push_back(word);
      }
      std::optional<Match> expected;
      for (std::size_t other = 0; other < texts.size(); ++other) {
        const double alike = likeness(features, texts[other]);
        if (alike >= least && (!expected || alike > expected->likeness)) expected = Match{other + 1000, alike};
      }
      const auto match = index.most_alike(features);
      ASSERT_EQ(match.has_value(), expected.has_value());
      if (match) {
        ++found;
        EXPECT_EQ(match->id, expected->id);
        EXPECT_DOUBLE_EQ(match->likeness, expected->likeness);
      }
      index.add(id + 1000, features);
      texts.push_back(std::move(features));
    }
  }
  EXPECT_GT(found, 100U);
}

TEST(AlikeTexts, ComparesEachTaskWithItsOwn) {
  AlikeTexts texts;
  texts.add(Task::query, "bakery logos", 1);
  texts.add(Task::image, "Two grey donkeys under an olive tree, warm evening light, gouache", 2);
  EXPECT_TRUE(texts.most_alike(Task::query, "logo for a bakery").has_value());
  EXPECT_FALSE(texts.most_alike(Task::related, "bakery logos").has_value());
  EXPECT_FALSE(texts.most_alike(Task::query, "bakery menu").has_value());
  EXPECT_TRUE(texts.most_alike(Task::image, "Two grey donkeys under an olive tree, cold morning fog, ink").has_value());
  EXPECT_FALSE(texts.most_alike(Task::image, "A grey donkey in evening light beside an olive press, gouache"));
}

TEST(AlikeTexts, TellsIntentsApartByTheirConstraints) {
  AlikeTexts texts;
  texts.add(Task::intent, "agenda slide with exactly seven items, 16:9, forest green", 1);
  texts.add(Task::intent, "long oak table set for dinner without flowers", 2);
  EXPECT_FALSE(texts.most_alike(Task::intent, "agenda slide with exactly four items, 16:9, forest green").has_value());
  EXPECT_FALSE(texts.most_alike(Task::intent, "long oak table set for dinner with flowers").has_value());
  EXPECT_TRUE(texts.most_alike(Task::intent, "agenda slides, forest green, exactly seven items, 16:9").has_value());
  EXPECT_TRUE(texts.most_alike(Task::intent, "a long oak table set for a dinner without flower").has_value());
}

}  // namespace
}  // namespace updraft::corpus
