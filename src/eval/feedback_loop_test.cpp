#include "eval/feedback_loop.h"

#include <gtest/gtest.h>

#include <map>
#include <optional>

#include "encode/small_bert.h"
#include "feedback/returns.h"
#include "files/test_folder.h"

namespace updraft::eval {
namespace {

class FeedbackLoop : public testing::Test {
 protected:
  FeedbackLoop() {
    folder_.write("vocab.txt", "[UNK]\n[CLS]\n[SEP]\nsale\nred\nsign\n");
    folder_.write("model.safetensors", encode::test::as_safetensors(encode::test::small_bert(6)));
    auto scorer = reward::Scorer::load(folder_.path(), {.threads = 1});
    if (!scorer) throw std::runtime_error(scorer.error().message);
    scorer_.emplace(*std::move(scorer));
    for (int i = 0; i < 30; ++i) {
      corpus::Record& record = records_.emplace_back();
      record.intent = "red sale sign " + std::to_string(i);
      record.category = "retail";
    }
    const Taste taste = population_.taste_of("retail");
    liked_ = "red sale sign " + std::string(styles()[taste.liked[0]].words[0]);
    disliked_ = "red sale sign " + std::string(styles()[taste.disliked].words[0]);
  }

  [[nodiscard]] Loop loop(const Suggest& suggest) const { return {suggest, population_, *scorer_}; }
  static Suggest shows(const std::vector<std::string>& texts) {
    return [texts](const std::string&, std::uint64_t) -> Result<std::vector<Suggestion>> {
      std::vector<Suggestion> items;
      for (const std::string& text : texts) items.push_back({text, 4, 0.5, Task::template_});
      return items;
    };
  }

  files::test::Folder folder_;
  Population population_{5};
  std::optional<reward::Scorer> scorer_;
  std::vector<corpus::Record> records_;
  std::string liked_, disliked_;
};

TEST_F(FeedbackLoop, TellsValidEventsFromWhichTheTastesCanBeRead) {
  feedback::Tally tally;
  const Suggest suggest = shows({disliked_, "red sale sign", liked_});
  std::map<std::string, int> ids;
  ASSERT_TRUE(show(loop(suggest), records_, {.people = 60}, [&](std::span<const FeedbackEvent> events) -> Result<> {
    for (const FeedbackEvent& event : events) {
      EXPECT_TRUE(check(event));
      EXPECT_EQ(++ids[event.id], 1) << event.id;
      FeedbackEvent any_intent = event;
      any_intent.intent = "sale";
      tally.add(any_intent);
    }
    return {};
  }));
  std::map<std::string, int> returns;
  const auto judgement = tally.judge();
  for (const feedback::JudgedPrompt& prompt : judgement.prompts) returns[prompt.prompt] = prompt.ret;
  EXPECT_GE(returns.at(liked_), 8) << "though it stands last";
  EXPECT_LE(returns.at(disliked_), 2);
  EXPECT_NEAR(judgement.looks.at(2), Population::look(2), 0.1);
}

TEST_F(FeedbackLoop, SeesAnImprovementWithItsUncertainty) {
  const Suggest plain = shows({"red sale sign", disliked_}), better = shows({liked_, "red sale sign"});
  const auto before = measure(loop(plain), records_, {}), after = measure(loop(better), records_, {});
  ASSERT_TRUE(before && after);
  const Interval gain = lift(*before, *after, 1);
  EXPECT_GT(gain.low, 0.3);
  EXPECT_LT(gain.low, gain.value);
  EXPECT_GT(gain.high, gain.value);
  const Interval none = lift(*before, *before, 1);
  EXPECT_EQ(none.value, 0);
  EXPECT_EQ(none.high, 0) << "the same people do the same";
  EXPECT_NE(to_text({.people = 20, .before = *before, .after = *after, .lift = gain}).find("30 new intents"),
            std::string::npos);
}

}  // namespace
}  // namespace updraft::eval
