#include "feedback/store_contract.h"

#include <algorithm>
#include <thread>

#include "feedback/appeals.h"
#include "feedback/event_json.h"

namespace updraft::feedback::test {

TEST_P(StoreContract, GivesBackWhatItWasGivenInOrder) {
  const std::vector<FeedbackEvent> given = {event("b"), event("a", "ann"), event("c", "\xC3\xA9va")};
  const FeedbackStored stored = must(store_.add(given));
  EXPECT_EQ(stored.stored, 3U);
  EXPECT_EQ(stored.known, 0U);
  for (const bool reopened : {false, true}) {
    if (reopened) store_ = must(FeedbackStore::open(place_->name()));
    std::vector<std::string> got;
    ASSERT_TRUE(store_.each([&](const FeedbackEvent& e) {
      got.push_back(to_json(e).dump());
      return true;
    }));
    ASSERT_EQ(got.size(), 3U);
    for (std::size_t i = 0; i < 3; ++i) EXPECT_EQ(got[i], to_json(given[i]).dump());
  }
}

TEST_P(StoreContract, KnowsAnIdThatItHasSeen) {
  ASSERT_TRUE(store_.add(events("a", 3)));
  std::vector<FeedbackEvent> again = {event("a1", "somebody else"), event("new"), event("new"), event("a2")};
  const FeedbackStored stored = must(store_.add(again));
  EXPECT_EQ(stored.stored, 1U);
  EXPECT_EQ(stored.known, 3U);
  EXPECT_EQ(ids(store_), "a0 a1 a2 new");
  EXPECT_EQ(must(store_.delete_user("somebody else")), 0U) << "the first one counts";
}

TEST_P(StoreContract, TakesAllEventsOrNone) {
  std::vector<FeedbackEvent> broken = events("a", 3);
  broken[2].prompt = "\xFF";
  const auto refused = store_.add(broken);
  ASSERT_FALSE(refused);
  EXPECT_EQ(refused.error().code, ErrorCode::invalid_argument);
  EXPECT_EQ(refused.error().message, "event 3: the prompt is not valid UTF-8");
  EXPECT_FALSE(store_.add(events("b", 1001)));
  EXPECT_EQ(must(store_.add({})).stored, 0U);
  EXPECT_EQ(ids(store_), "");
  EXPECT_EQ(must(store_.add(events("c", 1000))).stored, 1000U) << "it lives on";
}

TEST_P(StoreContract, DeletesAllOfAUserAndNothingElse) {
  ASSERT_TRUE(store_.add(std::vector{event("1", "ann"), event("2", "bob"), event("3", "ann"), event("4"),
                                     event("5", "ann%"), event("6", "' OR ''='")}));
  EXPECT_EQ(must(store_.delete_user("ann")), 2U);
  EXPECT_EQ(must(store_.delete_user("ann")), 0U);
  EXPECT_EQ(must(store_.delete_user("' OR ''='")), 1U);
  EXPECT_EQ(ids(store_), "2 4 5");
  EXPECT_FALSE(store_.delete_user("")) << "that would be everybody unknown";
  EXPECT_FALSE(store_.delete_user(std::string(1000, 'x')));
}

TEST_P(StoreContract, ReadsFromATimeOnAndStopsWhenTold) {
  std::vector<FeedbackEvent> all = events("e", 5);
  for (std::size_t i = 0; i < all.size(); ++i) all[i].at = FeedbackTime(std::chrono::seconds(100 - 10 * i));
  all[1].at = FeedbackTime();  // when it is stored
  ASSERT_TRUE(store_.add(all));
  EXPECT_EQ(ids(store_, FeedbackTime(std::chrono::seconds(80))), "e0 e1 e2");
  int seen = 0;
  ASSERT_TRUE(store_.each([&](const FeedbackEvent&) { return ++seen < 2; }));
  EXPECT_EQ(seen, 2);
}

TEST_P(StoreContract, CountsWhatItHolds) {
  EXPECT_EQ(must(store_.stats()).intents, 0U);
  std::vector<FeedbackEvent> all = {event("1", "ann"), event("2", "ann"), event("3")};
  all[0].kind = FeedbackKind::impression;
  all[2].prompt = "another";
  all[2].at = FeedbackTime(std::chrono::seconds(5));
  ASSERT_TRUE(store_.add(all));
  const FeedbackStats stats = must(store_.stats());
  EXPECT_EQ(stats.events[0], 1U);
  EXPECT_EQ(stats.events[2], 2U);
  EXPECT_EQ(stats.users, 1U);
  EXPECT_EQ(stats.intents, 1U);
  EXPECT_EQ(stats.prompts, 2U);
  EXPECT_EQ(stats.first, all[2].at);
  EXPECT_EQ(stats.last, all[0].at);
}

TEST_P(StoreContract, TellsWhatPeopleWantOfTheAssets) {
  EXPECT_TRUE(must(store_.appeals()).empty());
  std::vector<FeedbackEvent> all;
  const auto tell = [&](const std::string& user, const std::string& asset, FeedbackKind kind, int position = 0) {
    FeedbackEvent one = event(std::to_string(all.size()), user);
    one.prompt = "prompt " + one.id;  // whatever prompt found it
    one.asset = asset;
    one.kind = kind;
    one.position = position;
    all.push_back(one);
  };
  for (int i = 0; i < 40; ++i) {
    const std::string person = "person" + std::to_string(i);
    for (const char* asset : {"wanted \xC3\xA9's", "ignored"}) tell(person, asset, FeedbackKind::impression, i % 4);
    if (i % 2 == 0) tell(person, "wanted \xC3\xA9's", FeedbackKind::click, i % 4);
    for (int times = 0; i == 0 && times < 30; ++times) tell("ann", "ann's", FeedbackKind::click);
  }
  tell("ann", "", FeedbackKind::like);
  ASSERT_TRUE(store_.add(all));
  AssetTally expected;
  for (int position = 0; position < 4; ++position) {
    const bool clicked = position % 2 == 0;
    expected.add({"wanted \xC3\xA9's", position, true, {1, clicked ? 1U : 0U}, 10});
    expected.add({"ignored", position, true, {1}, 10});
  }
  const Appeals without_ann = expected.judge();
  expected.add({"ann's", 0, true, {0, 30}, 1});
  const auto expect_same = [&](const Appeals& appeals, const Appeals& as) {
    ASSERT_EQ(appeals.size(), as.size());
    for (const auto& [asset, appeal] : as) EXPECT_NEAR(appeals.at(asset), appeal, 1e-9) << asset;
  };
  expect_same(must(store_.appeals()), expected.judge());
  EXPECT_GT(without_ann.at("wanted \xC3\xA9's"), 0.6);
  EXPECT_EQ(must(store_.delete_user("ann")), 31U);
  expect_same(must(store_.appeals()), without_ann);
}

TEST_P(StoreContract, ServesThreadsAndOtherConnectionsAtOnce) {
  FeedbackStore other = must(FeedbackStore::open(place_->name()));
  constexpr int writers = 4, batches = 10, size = 5;
  std::vector<std::thread> threads;
  std::vector<std::string> errors(writers + 1);
  for (int w = 0; w < writers; ++w) {
    threads.emplace_back([&, w] {
      for (int b = 0; b < batches; ++b) {
        FeedbackStore& to = w % 2 == 0 ? store_ : other;
        // Each batch twice: what is stored once is known then, whoever stored it.
        for (int twice = 0; twice < 2; ++twice) {
          const auto done = to.add(events("w" + std::to_string(w / 2) + "-" + std::to_string(b) + "-", size));
          if (!done) errors[static_cast<std::size_t>(w)] = done.error().message;
        }
      }
    });
  }
  threads.emplace_back([&] {
    for (int i = 0; i < 20; ++i) {
      int seen = 0;
      const auto done = store_.each([&](const FeedbackEvent&) { return ++seen > 0; });
      if (!done) errors.back() = done.error().message;
      if (seen % size != 0) errors.back() = "saw half a batch";
    }
  });
  for (std::thread& thread : threads) thread.join();
  for (const std::string& error : errors) EXPECT_EQ(error, "");
  const std::string all = ids(store_);
  EXPECT_EQ(std::count(all.begin(), all.end(), ' ') + 1, writers / 2 * batches * size);
}

}  // namespace updraft::feedback::test
