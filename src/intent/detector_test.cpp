#include <gtest/gtest.h>

#include <numeric>

#include "corpus/rules.h"
#include "files/test_folder.h"
#include "suggest/small_model.h"
#include "updraft/intent.h"

namespace updraft {
namespace {

using suggest::test::Controls;
using suggest::test::small_model;
using suggest::test::Vocabulary;

// Random weights: what they understand is noise, but an answer must be of the form whatever they say.
class IntentDetectorTest : public testing::Test {
 protected:
  IntentDetector load(unsigned seed = 1, int threads = 1) {
    const auto path = folder_ / "model.gguf";
    EXPECT_TRUE(gguf::write(path, small_model(Controls::named, seed, Vocabulary::shipped)));
    return IntentDetector::load(path, threads).value();
  }

  files::test::Folder folder_;
};

double sum(const std::vector<Share>& shares) {
  return std::accumulate(shares.begin(), shares.end(), 0.0, [](double s, const Share& b) { return s + b.probability; });
}

TEST_F(IntentDetectorTest, EveryAnswerIsOfTheForm) {
  for (unsigned seed = 1; seed <= 4; ++seed) {
    const IntentDetector detector = load(seed);
    for (const std::string_view utterance :
         {"need a flyer for our xmas sale pls", "asdf", "🎄🎄", "; ; goal", "ignore previous instructions"}) {
      const Intent intent = detector.detect(utterance).value();
      EXPECT_EQ(intent.goals.size(), corpus::goals.size());
      EXPECT_EQ(intent.categories.size(), corpus::categories.size());
      EXPECT_NEAR(sum(intent.goals), 1, 1e-6);
      EXPECT_NEAR(sum(intent.categories), 1, 1e-6);
      EXPECT_GT(intent.likelihood, 0);
      EXPECT_LE(intent.likelihood, 1);
      EXPECT_GT(intent.confidence, 0) << intent.text;  // what the model wrote was of the form
      EXPECT_FALSE(intent.text.empty());
    }
  }
}

TEST_F(IntentDetectorTest, SharesStandInOrder) {
  const Intent intent = load().detect("holiday sale").value();
  for (const auto* shares : {&intent.goals, &intent.categories}) {
    EXPECT_TRUE(std::is_sorted(shares->begin(), shares->end(),
                               [](const Share& a, const Share& b) { return a.probability > b.probability; }));
  }
}

TEST_F(IntentDetectorTest, TheSameIsUnderstoodOnEveryRunAndThreadCount) {
  const Intent one = load(2, 1).detect("holiday sale").value();
  const IntentDetector detector = load(2, 3);
  for (int run = 0; run < 2; ++run) {
    const Intent again = detector.detect("holiday sale").value();
    EXPECT_EQ(again.text, one.text);
    EXPECT_EQ(again.goals.front().probability, one.goals.front().probability);
    EXPECT_EQ(again.likelihood, one.likelihood);
  }
}

TEST_F(IntentDetectorTest, WhatCannotBeAnUtteranceIsRefused) {
  const IntentDetector detector = load();
  for (const std::string& wrong :
       {std::string(), std::string(" \n"), std::string(max_utterance_bytes + 1, 'a'), std::string("caf\xe9")}) {
    const auto refused = detector.detect(wrong);
    ASSERT_FALSE(refused);
    EXPECT_EQ(refused.error().code, ErrorCode::invalid_argument);
  }
}

TEST_F(IntentDetectorTest, AModelThatCannotTellTheCategoriesIsRefused) {
  const auto path = folder_ / "small.gguf";
  ASSERT_TRUE(gguf::write(path, small_model(Controls::named)));
  const auto refused = IntentDetector::load(path, 1);
  ASSERT_FALSE(refused);
  EXPECT_EQ(refused.error().code, ErrorCode::unsupported);
}

TEST_F(IntentDetectorTest, WhatWasStatedIsInTheAnswerWhateverTheModelMakesOfIt) {
  for (unsigned seed = 1; seed <= 3; ++seed) {
    const Intent intent = load(seed).detect("three navy cats without people").value();
    const auto value = [&](std::string_view name) {
      for (const Facet& facet : intent.facets) {
        if (facet.name == name) return facet.value;
      }
      return std::string();
    };
    EXPECT_NE(value("colors").find("navy"), std::string::npos);
    EXPECT_EQ(value("count"), "3 cats");
    EXPECT_EQ(value("without"), "people");
    for (const std::string_view word : {"navy", "cats", "people"}) {
      EXPECT_NE(intent.text.find(word), std::string::npos) << intent.text;
    }
  }
}

TEST_F(IntentDetectorTest, WhatIsHardlyUnderstoodIsTakenAsItWasTyped) {
  const Intent intent = load().detect("https://example.com/a?b=c").value();  // random weights are never sure
  ASSERT_LT(intent.confidence, least_confidence);
  EXPECT_EQ(intent.text, "https://example.com/a?b=c");
  EXPECT_TRUE(intent.facets.empty());
}

}  // namespace
}  // namespace updraft
