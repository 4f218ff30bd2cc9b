#include "eval/metrics.h"

#include <gtest/gtest.h>

#include <cmath>

namespace updraft::eval {
namespace {

using Texts = std::vector<std::string>;
using References = std::vector<std::vector<std::string>>;

TEST(WordsOf, AreRunsOfLettersAndDigitsInLowerCase) {
  EXPECT_EQ(words_of("Red-and-white SALE: 20% off!"), (Texts{"red", "and", "white", "sale", "20", "off"}));
  EXPECT_EQ(words_of("caf\u00e9"), (Texts{"caf\u00e9"}));
  EXPECT_TRUE(words_of(" -- & ").empty());
}

TEST(Distinct2, IsTheShareOfDifferentPairs) {
  // holiday sale, sale banner | holiday sale, sale poster: 3 of 4
  EXPECT_DOUBLE_EQ(distinct_2(Texts{"holiday sale banner", "Holiday sale poster"}), 0.75);
  // Within a text, too: a b, b a, a b
  EXPECT_DOUBLE_EQ(distinct_2(Texts{"a b a b"}), 2.0 / 3);
  EXPECT_DOUBLE_EQ(distinct_2(Texts{"a b", "b a"}), 1);
  EXPECT_DOUBLE_EQ(distinct_2(Texts{"one", "one"}), 1);
  EXPECT_DOUBLE_EQ(distinct_2(Texts{}), 1);
}

TEST(Bleu, OfTheReferenceItselfIsOne) {
  EXPECT_DOUBLE_EQ(bleu(words_of("the cat sat on the mat"), References{words_of("the cat sat on the mat")}), 1);
  EXPECT_DOUBLE_EQ(bleu(words_of("one"), References{words_of("one")}), 1);
}

TEST(Bleu, IsTheGeometricMeanOfClippedPrecisions) {
  // 1-grams: a b c d match, e does not: 4/5; 2-grams 3/4; 3-grams 2/3; 4-grams 1/2. Their product is 1/5.
  EXPECT_NEAR(bleu(words_of("a b c d e"), References{words_of("a b c d f")}), std::pow(0.2, 0.25), 1e-12);
  // The second "the" has no partner: 1/2; no pair matches: 0.1 of 1.
  EXPECT_NEAR(bleu(words_of("the the"), References{words_of("the cat")}), std::sqrt(0.5 * 0.1), 1e-12);
  // Runs may come from different references: both words, not the pair.
  EXPECT_NEAR(bleu(words_of("a b"), References{words_of("a x"), words_of("y b")}), std::sqrt(1 * 0.1), 1e-12);
}

TEST(Bleu, HoldsShortTextsBack) {
  // All of it matches, but half is missing.
  EXPECT_NEAR(bleu(words_of("a b"), References{words_of("a b c d")}), std::exp(1 - 4.0 / 2), 1e-12);
  // The reference of the nearest length counts; of two, the shorter.
  EXPECT_NEAR(bleu(words_of("a b"), References{words_of("a b c d"), words_of("a b c")}), std::exp(1 - 3.0 / 2), 1e-12);
  EXPECT_NEAR(bleu(words_of("a b"), References{words_of("a b c"), words_of("a")}), 1, 1e-12);
}

TEST(Bleu, IsZeroWithoutACommonWord) {
  EXPECT_EQ(bleu(words_of("a b"), References{words_of("c d")}), 0);
  EXPECT_EQ(bleu(words_of(""), References{words_of("c d")}), 0);
  EXPECT_EQ(bleu(words_of("a"), References{}), 0);
}

TEST(SelfBleu, IsTheMeanOverTheTexts) {
  EXPECT_DOUBLE_EQ(self_bleu(Texts{"holiday sale banner", "Holiday sale banner!"}), 1);
  EXPECT_DOUBLE_EQ(self_bleu(Texts{"a b", "c d"}), 0);
  // a b: 1-grams 1/2, 2-grams 0.1/1; a c the same; d e: 0.
  EXPECT_NEAR(self_bleu(Texts{"a b", "a c", "d e"}), 2 * std::sqrt(0.05) / 3, 1e-12);
  EXPECT_EQ(self_bleu(Texts{"alone"}), 0);
}

TEST(CountDifferent, KnowsTextsThatAreAlikeToAReader) {
  EXPECT_EQ(count_different(Texts{"Red sale", "sale, red", "red sales"}), 2U);
}

TEST(Perplexity, OfAFairDieIsSix) {
  Mean loss;
  EXPECT_EQ(perplexity(loss), 1);  // nothing was predicted, nothing was wrong
  for (int i = 0; i < 10; ++i) loss.add(std::log(6));
  EXPECT_NEAR(perplexity(loss), 6, 1e-12);
  loss.add(0);
  EXPECT_NEAR(perplexity(loss), std::exp(std::log(6) * 10 / 11), 1e-12);
}

TEST(Spread, IsTheMeanDistanceOfAllPairs) {
  const std::vector<float> points = {1, 0, 0, 1, -1, 0};  // cosines 0, -1, 0
  EXPECT_NEAR(spread(points, 3), (1.0 + 2.0 + 1.0) / 3, 1e-6);
  EXPECT_NEAR(spread(std::vector<float>{1, 0, 1, 0}, 2), 0, 1e-6);
  EXPECT_EQ(spread(std::vector<float>{1, 0}, 1), 0);
  EXPECT_EQ(spread({}, 0), 0);
}

TEST(MeansByAsked, KeepEachAskedValueApart) {
  const auto means = means_by_asked(std::vector<Outcome>{{3, 1}, {3, 2}, {1, 7}});
  ASSERT_EQ(means.size(), 2U);
  EXPECT_DOUBLE_EQ(means.at(3).value(), 1.5);
  EXPECT_DOUBLE_EQ(means.at(1).value(), 7);
}

using Values = std::vector<double>;

TEST(Spearman, LooksAtTheOrderAlone) {
  EXPECT_DOUBLE_EQ(spearman(Values{1, 2, 3, 4}, Values{1, 10, 100, 1000}), 1);
  EXPECT_DOUBLE_EQ(spearman(Values{1, 2, 3, 4}, Values{9, 7, 5, 1}), -1);
  // 1 - 6 (1 + 1 + 1 + 1 + 0) / (5 * 24)
  EXPECT_DOUBLE_EQ(spearman(Values{1, 2, 3, 4, 5}, Values{2, 1, 4, 3, 5}), 0.8);
}

TEST(Spearman, GivesEqualValuesTheMeanOfTheirRanks) {
  // Ranks 1.5, 1.5, 3 and 1, 2, 3: covariance 1.5, variances 1.5 and 2.
  EXPECT_NEAR(spearman(Values{5, 5, 6}, Values{1, 2, 3}), 1.5 / std::sqrt(3.0), 1e-12);
  EXPECT_EQ(spearman(Values{5, 5, 5}, Values{1, 2, 3}), 0);
  EXPECT_EQ(spearman(Values{}, Values{}), 0);
}

TEST(Spearman, OfMeansRisesAboveTheNoiseOfSingleOutcomes) {
  const std::vector<Outcome> outcomes = {{0, 0}, {0, 4}, {1, 1}, {1, 5}, {2, 2}, {2, 6}};
  EXPECT_DOUBLE_EQ(spearman_of_means(outcomes), 1);
  EXPECT_GT(spearman(outcomes), 0);
  EXPECT_LT(spearman(outcomes), 0.5);
}

TEST(WordHits, CountExactNearAndInsideTheRange) {
  WordHits hits;
  hits.add({4, 4}, {2, 7});
  hits.add({4, 5}, {2, 7});
  hits.add({7, 8}, {2, 7});
  hits.add({6, 4}, {2, 7});
  EXPECT_DOUBLE_EQ(hits.error.value(), 1);
  EXPECT_DOUBLE_EQ(hits.exact.value(), 0.25);
  EXPECT_DOUBLE_EQ(hits.within_one.value(), 0.75);
  EXPECT_DOUBLE_EQ(hits.in_range.value(), 0.75);
}

TEST(Quantile, IsAValueThatIsThere) {
  EXPECT_EQ(quantile({}, 0.5), 0);
  EXPECT_EQ(quantile({5, 1, 3}, 0.5), 3);
  EXPECT_EQ(quantile({5, 1, 3}, 1), 5);
}

}  // namespace
}  // namespace updraft::eval
