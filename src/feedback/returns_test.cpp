#include "feedback/returns.h"

#include <gtest/gtest.h>

#include <algorithm>
#include <cmath>
#include <map>

#include "decode/random.h"

namespace updraft::feedback {
namespace {

// People, each in a session of their own, see prompts in one list and do things with them.
class Crowd {
 public:
  void see(const std::string& prompt, int position = 0) { tell(FeedbackKind::impression, prompt, position); }
  void tell(FeedbackKind kind, const std::string& prompt, int position = 0) {
    FeedbackEvent event{.id = "x",
                        .kind = kind,
                        .session = "s" + std::to_string(person_),
                        .intent = "sale",
                        .prompt = prompt,
                        .position = position};
    if (anonymous) event.session.clear();
    tally.add(event);
  }
  void next() { ++person_; }

  [[nodiscard]] std::map<std::string, int> returns(const ReturnOptions& options = {}) const {
    std::map<std::string, int> out;
    for (const JudgedPrompt& prompt : tally.judge(options).prompts) out[prompt.prompt] = prompt.ret;
    return out;
  }

  Tally tally;
  bool anonymous = false;

 private:
  int person_ = 0;
};

TEST(Returns, AreHighForWhatPeopleWantAndZeroForWhatTheyDoNot) {
  Crowd crowd;
  for (int i = 0; i < 40; ++i, crowd.next()) {
    for (const char* prompt : {"all click", "half click", "nobody clicks", "some like", "all dismiss"})
      crowd.see(prompt);
    crowd.tell(FeedbackKind::click, "all click");
    if (i % 2 == 0) crowd.tell(FeedbackKind::click, "half click");
    if (i % 2 == 0) crowd.tell(FeedbackKind::like, "some like");
    crowd.tell(FeedbackKind::dismiss, "all dismiss");
  }
  const auto returns = crowd.returns();
  EXPECT_EQ(returns.at("all click"), 9);
  EXPECT_GT(returns.at("half click"), 4);
  EXPECT_GT(returns.at("some like"), returns.at("half click")) << "a like says more than a click";
  EXPECT_LE(returns.at("nobody clicks"), 1);
  EXPECT_EQ(returns.at("all dismiss"), 0);
}

TEST(Returns, CountAPersonOnceHoweverOftenTheyAreReported) {
  Crowd crowd;
  for (int i = 0; i < 20; ++i, crowd.next()) {
    for (const char* prompt : {"one fan", "ten friends"}) crowd.see(prompt);
    if (i < 10) crowd.tell(FeedbackKind::click, "ten friends");
    for (int times = 0; i == 0 && times < 1000; ++times) {
      crowd.see("one fan");
      crowd.tell(FeedbackKind::click, "one fan");
    }
  }
  const auto returns = crowd.returns();
  EXPECT_LT(returns.at("one fan"), 4);
  EXPECT_GT(returns.at("ten friends"), 6);
}

TEST(Returns, NeedWhatWasDoneToHaveBeenShown) {
  Crowd crowd;
  for (int i = 0; i < 20; ++i, crowd.next()) {
    crowd.see("shown");
    if (i % 2 == 0) crowd.tell(FeedbackKind::click, "shown");
    crowd.tell(FeedbackKind::like, "never shown");
  }
  EXPECT_EQ(crowd.returns(), (std::map<std::string, int>{{"shown", 5}}));
}

TEST(Returns, WorkWithoutSessions) {
  Crowd crowd;
  crowd.anonymous = true;
  for (int i = 0; i < 40; ++i) {
    for (const char* prompt : {"liked", "ignored"}) crowd.see(prompt);
    crowd.tell(FeedbackKind::click, "liked");
    crowd.tell(FeedbackKind::insert, "liked");
  }
  const auto returns = crowd.returns();
  EXPECT_EQ(returns.at("liked"), 9);
  EXPECT_LE(returns.at("ignored"), 1);
}

TEST(Returns, NeedEvidence) {
  Crowd crowd;
  for (int i = 0; i < 20; ++i, crowd.next()) {
    crowd.see("often");
    if (i % 2 == 0) crowd.tell(FeedbackKind::click, "often");
    if (i >= 4) continue;
    crowd.see("four times");
    crowd.tell(FeedbackKind::click, "four times");
  }
  EXPECT_EQ(crowd.returns().count("four times"), 0U);
  EXPECT_EQ(crowd.tally.judge().too_little, 1U);
  const auto returns = crowd.returns({.min_showings = 4});
  EXPECT_GT(returns.at("four times"), 5);
  EXPECT_LT(returns.at("four times"), 9) << "four people are not the world";
}

TEST(Returns, AreNoneWhereNobodyWantedAnything) {
  Crowd crowd;
  for (int i = 0; i < 20; ++i, crowd.next()) crowd.see("ignored");
  EXPECT_TRUE(crowd.returns().empty());
  EXPECT_TRUE(Tally().judge().prompts.empty());
}

TEST(Returns, LeaveOutWhatConcernsAnAsset) {
  Crowd crowd;
  for (int i = 0; i < 20; ++i, crowd.next()) {
    crowd.see("prompt");
    if (i % 2 == 0) crowd.tell(FeedbackKind::click, "prompt");
    crowd.tally.add({.id = "x", .session = "s" + std::to_string(i), .intent = "sale", .prompt = "other", .asset = "7"});
  }
  EXPECT_EQ(crowd.returns().size(), 1U);
}

// Two prompts of the same appeal, one always at the top and one always at the bottom; between them others, in any
// order. People look at the eighth position a fifth as often as at the first.
class Positions : public testing::Test {
 protected:
  Positions() {
    decode::Random random(7);
    for (int person = 0; person < 1500; ++person, crowd_.next()) {
      std::vector<std::string> others = {"a", "b", "c", "d", "e", "f"};
      for (std::size_t i = others.size() - 1; i > 0; --i) std::swap(others[i], others[random.below(i + 1)]);
      std::vector<std::string> list = {"top"};
      list.insert(list.end(), others.begin(), others.end());
      list.emplace_back("bottom");
      if (random.uniform() < 0.4) std::swap(list[1 + random.below(6)], list[random.below(2) * 7]);
      for (int position = 0; position < 8; ++position) {
        const std::string& prompt = list[static_cast<std::size_t>(position)];
        const double look = std::pow(0.2, position / 7.0);
        const double appeal = prompt == "a" ? 0.8 : prompt == "b" ? 0.1 : 0.4;
        crowd_.see(prompt, position);
        if (random.uniform() < look * appeal) crowd_.tell(FeedbackKind::click, prompt, position);
      }
    }
  }
  Crowd crowd_;
};

TEST_F(Positions, AreCorrectedFor) {
  const auto returns = crowd_.returns();
  EXPECT_NEAR(returns.at("top"), returns.at("bottom"), 1);
  EXPECT_NEAR(returns.at("top"), returns.at("c"), 1);
  EXPECT_EQ(returns.at("a"), 9);
  EXPECT_LE(returns.at("b"), 2);
  const auto looks = crowd_.tally.judge().looks;
  EXPECT_NEAR(looks.at(7) / looks.at(0), 0.2, 0.06);
}

TEST_F(Positions, WouldOtherwiseDecide) {
  const auto returns = crowd_.returns({.correct_position = false});
  EXPECT_GE(returns.at("top"), returns.at("bottom") + 4);
}

TEST(Returns, AreWrittenALineEach) {
  EXPECT_EQ(to_line({.intent = "a \"b\"", .task = Task::image, .prompt = "cat", .words = 1, .ret = 7}),
            R"({"intent":"a \"b\"","task":"image","words":1,"return":7,"prompt":"cat"})");
}

}  // namespace
}  // namespace updraft::feedback
