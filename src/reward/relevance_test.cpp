#include "reward/relevance.h"

#include <gtest/gtest.h>

#include "encode/small_bert.h"
#include "files/test_folder.h"
#include "reward/reward.h"
#include "reward/small_cross_scorer.h"

namespace updraft::reward {
namespace {

TEST(Addition, IsWhatTheIntentDoesNotSay) {
  EXPECT_EQ(addition(wording_of("holiday sale"), "Holiday sales banner with the snow"), "banner snow");
  EXPECT_EQ(addition(wording_of("holiday sale"), "a sale for the holidays"), "");
  EXPECT_EQ(addition(wording_of(""), "red cat"), "red cat");
  EXPECT_EQ(addition(wording_of("tags: dog; text: 'HELLO YOU'"), "dog card, 'hello you'"), "card");
}

TEST(Repetition, CountsContentWordsOfTheIntent) {
  EXPECT_EQ(repetition(wording_of("sale of the red cats"), wording_of("red cat on a sale")).words, 3);
  EXPECT_EQ(repetition(wording_of("sale of the red cats"), wording_of("red cat on a sale")).share, 1);
  EXPECT_EQ(repetition(wording_of("red cats"), wording_of("red dog")).share, 0.5);
  EXPECT_EQ(repetition(wording_of(""), wording_of("red dog")).share, 0);
}

TEST(Overlap, IsTheShareOfSharedWords) {
  EXPECT_EQ(overlap(wording_of("red cat"), wording_of("the red cats")).words, 1);
  EXPECT_EQ(overlap(wording_of("red cat"), wording_of("blue dog")).words, 0);
  EXPECT_NEAR(overlap(wording_of("red cat"), wording_of("red dog")).words, 1.0 / 3, 1e-9);
  EXPECT_EQ(overlap(wording_of("red cat on a mat"), wording_of("a red cats nest")).pairs, 1.0 / 3);
  EXPECT_EQ(overlap(wording_of("red cat"), wording_of("cat in red")).pairs, 0);
  EXPECT_EQ(overlap(wording_of("cat"), wording_of("cat")).pairs, 0);
}

TEST(Relevance, RisesWithNearness) {
  for (const Task task : prompt_tasks) {
    const auto of = [&](double whole) { return relevance(task, {.whole = whole, .adds = true, .addition = 0.3}); };
    EXPECT_EQ(of(-0.2), 0) << name(task);
    EXPECT_LT(of(0.15), 0.5) << name(task);
    EXPECT_LE(of(0.15), of(0.25)) << name(task);
    EXPECT_LT(of(0.15), of(0.45)) << name(task);
    EXPECT_GE(of(0.5), 0.9) << name(task);
  }
}

TEST(Relevance, OfAnEchoIsCappedHoweverNearItIs) {
  for (const Task task : {Task::query, Task::template_, Task::image}) {
    EXPECT_LE(relevance(task, {.whole = 1, .adds = false, .repetition = {4, 1}}), 0.1) << name(task);
    EXPECT_LE(relevance(task, {.whole = 1, .adds = false, .repetition = {1, 1}}), 0.1) << name(task);
  }
  EXPECT_EQ(relevance(Task::related, {.whole = 1, .adds = false, .repetition = {4, 1}}), 0);
}

TEST(Relevance, OfARepeatedIntentIsThatOfWhatIsAdded) {
  const auto of = [](double addition) {
    return relevance(Task::template_, {.whole = 0.8, .adds = true, .addition = addition, .repetition = {4, 1}});
  };
  EXPECT_LT(of(0.1), 0.3);
  EXPECT_LT(of(0.2), of(0.3));
  EXPECT_EQ(of(0.45), 1);
  // Some words of it may be said again.
  EXPECT_EQ(relevance(Task::template_, {.whole = 0.8, .adds = true, .addition = 0.1, .repetition = {2, 0.4}}), 1);
}

TEST(Relevance, OfARelatedIdeaFallsWhenItIsTooNear) {
  const auto of = [](double whole) {
    return relevance(Task::related, {.whole = whole, .adds = true, .addition = 0.3});
  };
  EXPECT_GT(of(0.35), of(0.65));
  EXPECT_EQ(of(0.9), 0);
}

TEST(Relevance, IsLostWhereTheCrossScorerSeesNoAnswer) {
  for (const Task task : prompt_tasks) {
    const auto of = [&](std::optional<double> logit) {
      return relevance(task, {.whole = 0.5, .adds = true, .addition = 0.3, .logit = logit});
    };
    EXPECT_LT(of(-5), 0.05) << name(task);
    EXPECT_LT(of(-1), of(1)) << name(task);
    EXPECT_GT(of(6), 0.9) << name(task);
    EXPECT_LE(of(1000), 1) << name(task);
    EXPECT_EQ(of(-1000), 0) << name(task);
    // An echo stays one, whatever the scorer says of it.
    EXPECT_LE(relevance(task, {.whole = 1, .adds = false, .repetition = {4, 1}, .logit = 10}), 0.1) << name(task);
  }
}

TEST(Distinctness, IsLostByNearEquals) {
  for (const Task task : prompt_tasks) {
    EXPECT_EQ(distinctness(task, 0.3, {0.1, 0}), 1) << name(task);
    EXPECT_EQ(distinctness(task, 1, {0.2, 0}), 0) << name(task);
    EXPECT_EQ(distinctness(task, 0.3, {1, 0}), 0) << name(task);
    EXPECT_LT(distinctness(task, 0.85, {0.3, 0}), 0.9) << name(task);
    EXPECT_EQ(distinctness(task, 0.3, {0.1, 0.5}), 0.5) << name(task);
  }
}

// With an encoder of random weights: how the parts come together.
class SmallScorer : public testing::Test {
 protected:
  SmallScorer() {
    std::filesystem::create_directory(folder_ / "encoder");
    folder_.write("encoder/vocab.txt", "[UNK]\n[CLS]\n[SEP]\nsale\nred\n");
    folder_.write("encoder/model.safetensors", encode::test::as_safetensors(encode::test::small_bert(5)));
  }
  [[nodiscard]] Scorer load() const { return Scorer::load(folder_ / "encoder", {.threads = 1}).value(); }
  files::test::Folder folder_;
};

TEST_F(SmallScorer, MultipliesTheParts) {
  const Scorer scorer = load();
  const std::vector<std::string_view> texts = {"red sale poster", "a blue sale without a", "", "red sale poster"};
  const auto rewards = scorer.score("red sale", Task::query, texts);
  ASSERT_EQ(rewards.size(), texts.size());
  for (const Reward& reward : rewards) {
    for (const double part : {reward.relevance, reward.constraints, reward.distinctness, reward.fluency}) {
      EXPECT_GE(part, 0);
      EXPECT_LE(part, 1);
    }
    EXPECT_DOUBLE_EQ(reward.total, reward.relevance * reward.constraints * reward.distinctness * reward.fluency);
  }
  EXPECT_EQ(rewards[0].distinctness, 1);
  EXPECT_EQ(rewards[3].distinctness, 0);
  EXPECT_LT(rewards[1].fluency, 1);
  EXPECT_LT(rewards[1].constraints, 1);
  EXPECT_EQ(rewards[2].total, 0);
  EXPECT_TRUE(scorer.score("red sale", Task::query, {}).empty());
}

TEST_F(SmallScorer, HearsTheCrossScorerWhereThereIsOne) {
  const std::vector<std::string_view> texts = {"red sale poster", "a blue sale", "sale", "red"};
  const auto plain = load().score("red sale", Task::image, texts);
  const CrossScorerShape shape{.dimension = encode::test::small_d, .width = 32, .hidden = 16};
  const auto contents = test::random_weights(shape).contents("a test");
  ASSERT_TRUE(gguf::write(folder_ / "cross-scorer.gguf", contents).has_value());
  const auto both = load().score("red sale", Task::image, texts);
  for (std::size_t i = 0; i < texts.size(); ++i) {
    EXPECT_NE(plain[i].relevance, both[i].relevance) << texts[i];
    EXPECT_EQ(plain[i].constraints, both[i].constraints);
    EXPECT_EQ(plain[i].distinctness, both[i].distinctness);
    EXPECT_EQ(plain[i].fluency, both[i].fluency);
  }
}

TEST_F(SmallScorer, GivesReturnsThatRiseWithTheTotal) {
  for (const bool with : {false, true}) {
    const CrossScorerShape shape{.dimension = encode::test::small_d, .width = 32, .hidden = 16};
    if (with) {
      const auto contents = test::random_weights(shape).contents("a test");
      ASSERT_TRUE(gguf::write(folder_ / "cross-scorer.gguf", contents).has_value());
    }
    const Scorer scorer = load();
    for (const Task task : prompt_tasks) {
      EXPECT_EQ(scorer.return_of({.total = 0}, task), 0);
      EXPECT_EQ(scorer.return_of({.total = 1}, task), 9);
      int last = 0;
      for (int percent = 0; percent <= 100; ++percent) {
        const int now = scorer.return_of({.total = percent / 100.0}, task);
        EXPECT_GE(now, last);
        EXPECT_LE(now - last, 1) << "no return is left out";
        last = now;
      }
    }
  }
}

}  // namespace
}  // namespace updraft::reward
