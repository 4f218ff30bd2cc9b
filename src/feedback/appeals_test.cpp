#include "feedback/appeals.h"

#include <gtest/gtest.h>

#include <cmath>

#include "decode/random.h"

namespace updraft::feedback {
namespace {

using Kind = FeedbackKind;

// So many people, of whom each did all of this with what was shown to them.
AssetShowings people(const std::string& asset, std::uint64_t times, std::initializer_list<FeedbackKind> did = {},
                     int position = 0) {
  AssetShowings showings{.asset = asset, .position = position, .is_one = true, .times = times};
  showings.counts[static_cast<std::size_t>(Kind::impression)] = 1;
  for (const FeedbackKind kind : did) ++showings.counts[static_cast<std::size_t>(kind)];
  return showings;
}

Appeals judge(std::initializer_list<AssetShowings> all, const AppealOptions& options = {}) {
  AssetTally tally;
  for (const AssetShowings& one : all) tally.add(one);
  return tally.judge(options);
}

TEST(Appeals, AreHighForWhatPeopleWantAndLowForWhatTheyDoNot) {
  const Appeals appeals =
      judge({people("liked", 30, {Kind::like}), people("liked", 70), people("clicked", 30, {Kind::click}),
             people("clicked", 70), people("ignored", 100), people("dismissed", 20, {Kind::dismiss}),
             people("dismissed", 80), people("inserted", 30, {Kind::click, Kind::insert}), people("inserted", 70)});
  EXPECT_GT(appeals.at("liked"), appeals.at("clicked"));
  EXPECT_EQ(appeals.at("liked"), appeals.at("inserted")) << "the strongest thing done counts";
  EXPECT_GT(appeals.at("clicked"), appeals.at("ignored"));
  EXPECT_GT(appeals.at("ignored"), appeals.at("dismissed"));
  EXPECT_GT(appeals.at("liked"), 0.65);
  EXPECT_LT(appeals.at("ignored"), 0.2);
  EXPECT_EQ(appeals.at("dismissed"), 0) << "it is worth less than nothing";
}

TEST(Appeals, AreWhatTheFormulaSays) {
  // Of 100 looks that a store begins with and 400 of its own, (5 + 20) / 500 is the mean.
  const Appeals appeals = judge({people("a", 40, {Kind::click}), people("a", 40), people("b", 320)}, {.prior = 20});
  const double mean = 0.05, a = (20 * mean + 20) / (20 + 80) / mean, b = 20 * mean / (20 + 320) / mean;
  EXPECT_NEAR(appeals.at("a"), a / (1 + a), 1e-12);
  EXPECT_NEAR(appeals.at("b"), b / (1 + b), 1e-12);
}

TEST(Appeals, StayNearTheMiddleWhereLittleIsKnown) {
  const Appeals appeals = judge({people("one click", 1, {Kind::click}), people("many clicks", 100, {Kind::click}),
                                 people("many clicks", 100), people("one look", 1), people("many looks", 200),
                                 people("others", 20, {Kind::click}), people("others", 800)});
  EXPECT_GT(appeals.at("one click"), 0.5);
  EXPECT_GT(appeals.at("many clicks"), appeals.at("one click"));
  EXPECT_LT(appeals.at("one look"), 0.5);
  EXPECT_GT(appeals.at("one look"), 0.48);
  EXPECT_LT(appeals.at("many looks"), 0.1);
}

TEST(Appeals, OfTheFirstEventsOfAStoreAreNoVerdict) {
  const double dismissed = judge({people("a", 1, {Kind::dismiss})}).at("a");
  EXPECT_LT(dismissed, 0.5);
  EXPECT_GT(dismissed, 0.25);
  const double liked = judge({people("a", 1, {Kind::like})}).at("a");
  EXPECT_GT(liked, 0.5);
  EXPECT_LT(liked, 0.7);
  EXPECT_TRUE(AssetTally().judge().empty());
  EXPECT_TRUE(judge({{.asset = "nothing was done"}}).empty());
}

TEST(Appeals, TakeWhatWasDoneAsShown) {
  AssetShowings unreported{.asset = "a", .is_one = true, .times = 30};
  unreported.counts[static_cast<std::size_t>(Kind::like)] = 1;
  EXPECT_EQ(judge({unreported}), judge({people("a", 30, {Kind::like})}));
  AssetShowings unknown{.asset = "a"};  // thirty people, or one
  unknown.counts[static_cast<std::size_t>(Kind::like)] = 30;
  EXPECT_EQ(judge({unknown}), judge({people("a", 30, {Kind::like})}));
}

TEST(Appeals, CountAPersonOnceHoweverOftenTheyAreReported) {
  AssetShowings fan = people("a", 1);
  fan.counts.fill(0);
  fan.counts[static_cast<std::size_t>(Kind::impression)] = 1000;
  fan.counts[static_cast<std::size_t>(Kind::click)] = 1000;
  EXPECT_EQ(judge({fan}), judge({people("a", 1, {Kind::click})}));
}

// As in returns_test.cpp: of two assets that people want alike, one stands at the top and one at the bottom, most
// often.
TEST(Appeals, AreCorrectedForPositions) {
  decode::Random random(7);
  AssetTally tally;
  for (int person = 0; person < 1500; ++person) {
    std::vector<std::string> list = {"top", "a", "b", "c", "d", "e", "f", "bottom"};
    for (std::size_t i = 6; i > 1; --i) std::swap(list[i], list[1 + random.below(i)]);
    if (random.uniform() < 0.4) std::swap(list[1 + random.below(6)], list[random.below(2) * 7]);
    for (int position = 0; position < 8; ++position) {
      const std::string& asset = list[static_cast<std::size_t>(position)];
      const double look = std::pow(0.2, position / 7.0), appeal = asset == "a" ? 0.8 : asset == "b" ? 0.1 : 0.4;
      const bool clicks = random.uniform() < look * appeal;
      tally.add(clicks ? people(asset, 1, {Kind::click}, position) : people(asset, 1, {}, position));
    }
  }
  const Appeals corrected = tally.judge(), as_shown = tally.judge({.correct_position = false});
  EXPECT_NEAR(corrected.at("top"), corrected.at("bottom"), 0.05);
  EXPECT_NEAR(corrected.at("c"), 0.5, 0.05);
  EXPECT_GT(corrected.at("a"), 0.6);
  EXPECT_LT(corrected.at("b"), 0.3);
  EXPECT_GT(as_shown.at("top"), as_shown.at("bottom") + 0.2);
}

}  // namespace
}  // namespace updraft::feedback
