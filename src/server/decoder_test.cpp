#include "server/decoder.h"

#include <gtest/gtest.h>

#include <array>
#include <functional>
#include <future>

#include "server/test_weights.h"
#include "text/utf8.h"

namespace updraft::server {
namespace {

using test::noise;

// Keeps all that it hears.
class Listening : public Watcher {
 public:
  explicit Listening(bool wants_texts = false) : wants_texts_(wants_texts) {}
  [[nodiscard]] bool wants_texts() const override { return wants_texts_; }
  void understood(const Outcome& so_far) override { heard.push_back("understood " + so_far.intent); }
  void text(Task /*task*/, std::size_t /*index*/, std::string_view text) override { texts.emplace_back(text); }
  void suggestions(Task task, const Outcome& /*so_far*/, const Suggestions& /*of_task*/) override {
    heard.push_back("suggestions " + std::string(name(task)));
  }
  void done(const Result<Outcome>& outcome) override { done_.set_value(outcome); }

  Result<Outcome> wait() { return done_.get_future().get(); }
  std::future<Result<Outcome>> future() { return done_.get_future(); }

  std::vector<std::string> heard, texts;

 private:
  const bool wants_texts_;
  std::promise<Result<Outcome>> done_;
};

// Does something, in the decoder's thread, when its first text begins to grow and when it ends.
class Acting final : public Listening {
 public:
  using Action = std::function<void()>;
  explicit Acting(Action at_end, Action at_text = {})
      : Listening(true), at_end_(std::move(at_end)), at_text_(std::move(at_text)) {}
  void text(Task /*task*/, std::size_t /*index*/, std::string_view /*text*/) override {
    if (const Action act = std::exchange(at_text_, {})) act();
  }
  void done(const Result<Outcome>& outcome) override {
    at_end_();
    Listening::done(outcome);
  }

 private:
  Action at_end_, at_text_;
};

// Holds up the decoder while it lives, so that a test decides what waits.
class HoldUp {
 public:
  explicit HoldUp(Decoder& decoder) : watcher_(std::make_shared<Holding>()) {
    ticket_ = decoder.submit({.text = "hold up", .raw = true, .tasks = {noise(Task::query, 1, 99)}}, watcher_);
    watcher_->held.get_future().wait();
  }
  ~HoldUp() { release(); }
  HoldUp(const HoldUp&) = delete;
  HoldUp& operator=(const HoldUp&) = delete;
  void release() {
    if (!std::exchange(released_, true)) watcher_->release.set_value();
  }

 private:
  class Holding final : public Watcher {
   public:
    void done(const Result<Outcome>& /*outcome*/) override {
      held.set_value();
      release.get_future().wait();
    }
    std::promise<void> held, release;
  };
  std::shared_ptr<Holding> watcher_;
  std::shared_ptr<Ticket> ticket_;
  bool released_ = false;
};

// A busy machine shall not decide a test.
Decoder::Options patient(std::size_t active = 4, std::size_t queue = 64) {
  return {.active = active, .queue = queue, .time_limit = std::chrono::hours(1)};
}

std::vector<std::string> texts(const Outcome& outcome) {
  std::vector<std::string> texts;
  for (const Suggestions& answer : outcome.written->answers) {
    for (const Suggestion& one : answer.items) texts.push_back(one.text);
  }
  return texts;
}

class DecoderTest : public testing::Test {
 protected:
  std::shared_ptr<Weights> load(suggest::test::Vocabulary vocabulary = suggest::test::Vocabulary::small) {
    return Weights::load(test::write_weights(folder_, vocabulary)).value();
  }
  static Wish wish(std::string text, std::vector<SuggestOptions> tasks = {noise()}) {
    return {.text = std::move(text), .raw = true, .tasks = std::move(tasks), .fewer_candidates = false};
  }
  static std::vector<std::string> alone(Weights& weights, const std::string& intent,
                                        const std::vector<SuggestOptions>& tasks) {
    const auto request =
        suggest::Request::begin(*weights.engine, weights.engine->encoder, intent, tasks, nullptr).value();
    while (!request->is_done()) EXPECT_TRUE(weights.batch.step(std::array<suggest::Decoding*, 1>{request.get()}));
    std::vector<std::string> all;
    for (const Suggestions& answer : request->answer()) {
      for (const Suggestion& one : answer.items) all.push_back(one.text);
    }
    return all;
  }

  files::test::Folder folder_;
  Metrics metrics_;
};

TEST_F(DecoderTest, EachGetsWhatItWouldGetAlone) {
  const std::vector<SuggestOptions> tasks = {noise(Task::query), noise(Task::image, 3)};
  const auto reference = load();
  Decoder decoder(load(), patient(), metrics_);
  std::vector<std::shared_ptr<Listening>> all;
  const std::vector<std::string> intents = {"holiday sale", "red sign", "a cat", "blue sky", "tea", "six"};
  for (const std::string& intent : intents) {
    ASSERT_TRUE(decoder.submit(wish(intent, tasks), all.emplace_back(std::make_shared<Listening>())));
  }
  for (std::size_t i = 0; i < intents.size(); ++i) {
    const Outcome outcome = all[i]->wait().value();
    EXPECT_EQ(texts(outcome), alone(*reference, intents[i], tasks)) << intents[i];
    EXPECT_EQ(outcome.intent, intents[i]);
    EXPECT_EQ(all[i]->heard.size(), 2U);
  }
}

TEST_F(DecoderTest, WhatWasAskedForAMomentAgoIsThereAlready) {
  Decoder decoder(load(), patient(), metrics_);
  const auto first = std::make_shared<Listening>(), second = std::make_shared<Listening>();
  ASSERT_TRUE(decoder.submit(wish("holiday sale"), first));
  const Outcome computed = first->wait().value();
  ASSERT_TRUE(decoder.submit(wish("holiday sale"), second));
  const Outcome again = second->wait().value();  // done when submit() returned
  EXPECT_FALSE(computed.cached);
  EXPECT_TRUE(again.cached);
  EXPECT_EQ(texts(again), texts(computed));
  EXPECT_EQ(second->heard, first->heard);
  EXPECT_EQ(metrics_.cache_hits.Value(), 1);
}

TEST_F(DecoderTest, WhatManyAskForIsDecodedOnce) {
  Decoder decoder(load(), patient(), metrics_);
  HoldUp hold(decoder);
  const auto first = std::make_shared<Listening>(), second = std::make_shared<Listening>(),
             other = std::make_shared<Listening>();
  const auto leaves = decoder.submit(wish("holiday sale"), first);
  ASSERT_TRUE(leaves && decoder.submit(wish("holiday sale"), second) && decoder.submit(wish("another"), other));
  leaves->cancel();  // the second still wants it
  hold.release();
  EXPECT_TRUE(second->wait());
  EXPECT_TRUE(other->wait());
  EXPECT_EQ(metrics_.joined.Value(), 1);
  EXPECT_TRUE(first->heard.empty());
}

TEST_F(DecoderTest, MoreThanMayWaitAreRefused) {
  Decoder decoder(load(), patient(1, 2), metrics_);
  HoldUp hold(decoder);
  std::vector<std::shared_ptr<Listening>> all;
  for (const char* text : {"one", "two"}) {
    EXPECT_TRUE(decoder.submit(wish(text), all.emplace_back(std::make_shared<Listening>())));
  }
  EXPECT_FALSE(decoder.submit(wish("three"), std::make_shared<Listening>()));
  EXPECT_EQ(decoder.load().queued, 2U);
  hold.release();
  for (const auto& one : all) EXPECT_TRUE(one->wait());
  EXPECT_TRUE(decoder.submit(wish("four"), std::make_shared<Listening>()));
}

TEST_F(DecoderTest, AShortWishEndsBeforeTheLongOnesThatWaitedWhenItCame) {
  Decoder decoder(load(), patient(2), metrics_);
  std::vector<std::string> ended;
  std::vector<std::shared_ptr<Acting>> waiting;
  const auto acting = [&](const std::string& text, Acting::Action at_text = {}) {
    return std::make_shared<Acting>([&ended, text] { ended.push_back(text); }, std::move(at_text));
  };
  const auto wait_behind = [&] {
    EXPECT_EQ(decoder.load().active, 2U);
    for (const std::string text : {"long 3", "long 4", "long 5", "short"}) {
      const int n = text == "short" ? 1 : 16;
      EXPECT_TRUE(decoder.submit(wish(text, {noise(Task::query, n)}), waiting.emplace_back(acting(text))));
    }
  };
  HoldUp hold(decoder);
  const auto first = acting("long 1", wait_behind), second = acting("long 2");
  ASSERT_TRUE(decoder.submit(wish("long 1", {noise(Task::query, 16)}), first));
  ASSERT_TRUE(decoder.submit(wish("long 2", {noise(Task::query, 16)}), second));
  hold.release();
  EXPECT_TRUE(first->wait());
  EXPECT_TRUE(second->wait());
  for (const auto& one : waiting) EXPECT_TRUE(one->wait());
  ASSERT_EQ(ended.size(), 6U);
  const auto place = [&](const char* text) { return std::find(ended.begin(), ended.end(), text) - ended.begin(); };
  for (const char* text : {"long 3", "long 4", "long 5"}) EXPECT_LT(place("short"), place(text)) << text;
}

TEST_F(DecoderTest, ALongWishThatHasWaitedLongestIsOvertakenThreeTimes) {
  Decoder decoder(load(), patient(1), metrics_);
  std::vector<std::string> ended;
  std::promise<void> over;
  // Short ones that do not come to an end: each is followed by another.
  const std::function<void(int)> submit_short = [&](int number) {
    const std::string text = "short " + std::to_string(number);
    const auto at_end = [&, text, number] {
      ended.push_back(text);
      number < 8 ? submit_short(number + 1) : over.set_value();
    };
    EXPECT_TRUE(decoder.submit(wish(text, {noise(Task::query, 1)}), std::make_shared<Acting>(at_end)));
  };
  HoldUp hold(decoder);
  for (const std::string text : {"long 1", "long 2"}) {
    const auto at_end = [&ended, text] { ended.push_back(text); };
    ASSERT_TRUE(decoder.submit(wish(text, {noise(Task::query, 16)}), std::make_shared<Acting>(at_end)));
  }
  submit_short(1);
  hold.release();
  over.get_future().wait();
  EXPECT_EQ(Decoder::max_overtakings, 3);
  EXPECT_EQ(ended, (std::vector<std::string>{"short 1", "short 2", "short 3", "long 1", "short 4", "short 5", "short 6",
                                             "long 2", "short 7", "short 8"}));
}

TEST_F(DecoderTest, WhoGivesUpFreesThePlaceAtOnce) {
  const auto weights = load();
  const int free = weights->engine->tree.free_tokens();
  Decoder decoder(weights, patient(1, 2), metrics_);
  {
    HoldUp hold(decoder);
    const auto gone = std::make_shared<Listening>(), stays = std::make_shared<Listening>();
    const auto ticket = decoder.submit(wish("gone"), gone);
    ASSERT_TRUE(ticket && decoder.submit(wish("stays"), stays));
    ticket->cancel();
    hold.release();
    EXPECT_TRUE(stays->wait());
    EXPECT_TRUE(gone->heard.empty());
  }
  // In the middle of its texts.
  const auto growing = std::make_shared<Listening>(true);
  const auto ticket = decoder.submit(wish("holiday sale", {noise(Task::image, 32)}), growing);
  ASSERT_TRUE(ticket);
  ticket->cancel();
  decoder.drain(std::chrono::minutes(1));
  EXPECT_EQ(weights->engine->tree.free_tokens(), free);
}

TEST_F(DecoderTest, TextsAreToldAsTheyGrow) {
  Decoder decoder(load(), patient(), metrics_);
  const auto listening = std::make_shared<Listening>(true);
  ASSERT_TRUE(decoder.submit(wish("holiday sale"), listening));
  ASSERT_TRUE(listening->wait());
  EXPECT_FALSE(listening->texts.empty());
  for (const std::string& text : listening->texts) EXPECT_TRUE(text::is_valid_utf8(text) && !text.empty());
}

TEST_F(DecoderTest, UnderLoadFewerTextsAreDrawn) {
  EXPECT_EQ(candidates_under(1, 4), 4);
  EXPECT_EQ(candidates_under(1, 8), 8);
  EXPECT_EQ(candidates_under(1000, 8), 1);
  for (std::size_t load = 1; load < 100; ++load) EXPECT_LE(candidates_under(load + 1, 8), candidates_under(load, 8));

  Decoder decoder(load(), patient(4, 64), metrics_);
  HoldUp hold(decoder);
  std::vector<std::shared_ptr<Listening>> all;
  for (int i = 0; i < 12; ++i) {
    Wish one = wish("intent " + std::to_string(i));
    one.fewer_candidates = i != 0;
    ASSERT_TRUE(decoder.submit(std::move(one), all.emplace_back(std::make_shared<Listening>())));
  }
  hold.release();
  EXPECT_EQ(all[0]->wait().value().written->candidates, 4);  // it was asked for
  EXPECT_EQ(all[1]->wait().value().written->candidates, 1);
}

TEST_F(DecoderTest, AnAnswerOfFewerTextsIsNotKeptForQuieterTimes) {
  Decoder decoder(load(), patient(), metrics_);
  const auto hurried = std::make_shared<Listening>(), calm = std::make_shared<Listening>();
  {
    HoldUp hold(decoder);
    std::vector<std::shared_ptr<Listening>> others;
    Wish one = wish("holiday sale");
    one.fewer_candidates = true;
    ASSERT_TRUE(decoder.submit(one, hurried));
    for (int i = 0; i < 12; ++i)
      ASSERT_TRUE(
          decoder.submit(wish("other " + std::to_string(i)), others.emplace_back(std::make_shared<Listening>())));
    hold.release();
    for (const auto& other : others) EXPECT_TRUE(other->wait());
    EXPECT_LT(hurried->wait().value().written->candidates, 4);
  }
  Wish again = wish("holiday sale");
  again.fewer_candidates = true;
  // The decoder may still count those that have just ended.
  for (auto load = decoder.load(); load.active + load.queued > 0; load = decoder.load()) std::this_thread::yield();
  ASSERT_TRUE(decoder.submit(again, calm));
  EXPECT_EQ(calm->wait().value().written->candidates, 4);
}

TEST_F(DecoderTest, NewWeightsTakeOverWithoutARequestLost) {
  auto old = load();
  const std::weak_ptr<Weights> old_alive = old;
  Decoder decoder(std::exchange(old, nullptr), patient(), metrics_);
  const auto before = std::make_shared<Listening>(), after = std::make_shared<Listening>();
  {
    HoldUp hold(decoder);
    ASSERT_TRUE(decoder.submit(wish("holiday sale"), before));
    decoder.use(load());
    ASSERT_TRUE(decoder.submit(wish("holiday sale"), after));  // not by the old ones
    hold.release();
  }
  EXPECT_TRUE(before->wait());
  EXPECT_TRUE(after->wait());
  decoder.drain(std::chrono::minutes(1));
  EXPECT_EQ(metrics_.joined.Value(), 0);
  EXPECT_TRUE(old_alive.expired());
}

TEST_F(DecoderTest, AfterADrainNothingIsTakenAndAllIsDone) {
  Decoder decoder(load(), patient(), metrics_);
  std::vector<std::future<Result<Outcome>>> all;
  for (int i = 0; i < 6; ++i) {
    const auto listening = std::make_shared<Listening>();
    all.push_back(listening->future());
    ASSERT_TRUE(decoder.submit(wish("intent " + std::to_string(i)), listening));
  }
  decoder.drain(std::chrono::minutes(1));
  for (auto& one : all) {
    ASSERT_EQ(one.wait_for(std::chrono::seconds(0)), std::future_status::ready);
    EXPECT_TRUE(one.get());
  }
  EXPECT_FALSE(decoder.submit(wish("late"), std::make_shared<Listening>()));
}

TEST_F(DecoderTest, WhoIsStillWaitingAtTheEndIsTold) {
  const auto waiting = std::make_shared<Listening>();
  {
    Decoder decoder(load(), patient(), metrics_);
    ASSERT_TRUE(decoder.submit(wish("holiday sale", {noise(Task::image, 32)}), waiting));
  }
  const auto outcome = waiting->wait();
  EXPECT_TRUE(outcome || outcome.error().code == ErrorCode::cancelled);
}

TEST_F(DecoderTest, WhatIsUnderstoodComesFirstAndIsKept) {
  Decoder decoder(load(suggest::test::Vocabulary::shipped), patient(), metrics_);
  const auto first = std::make_shared<Listening>(), alone = std::make_shared<Listening>();
  Wish both = wish("need a red sign pls", {{.n = 1, .words = WordRange{1, 3}, .candidates = 1}});
  both.raw = false;
  ASSERT_TRUE(decoder.submit(both, first));
  const Outcome outcome = first->wait().value();
  ASSERT_TRUE(outcome.understood);
  ASSERT_EQ(first->heard.size(), 2U);
  EXPECT_EQ(first->heard.front(), "understood " + outcome.intent);
  ASSERT_TRUE(decoder.submit({.text = "need a red sign pls"}, alone));
  EXPECT_TRUE(alone->wait().value().cached);
}

TEST_F(DecoderTest, WhereNobodyElseWaitsTextsGrowBeforeTheirIntentIsUnderstood) {
  const std::vector<SuggestOptions> tasks = {noise(Task::query, 2), noise(Task::image, 2)};
  const auto reference = load(suggest::test::Vocabulary::shipped);
  Decoder decoder(load(suggest::test::Vocabulary::shipped), patient(), metrics_);
  std::optional<std::vector<std::string>> known_at_text;
  std::shared_ptr<Acting> listening;
  listening = std::make_shared<Acting>([] {}, [&] { known_at_text = listening->heard; });
  Wish typed = wish("need a red sign pls", tasks);
  typed.raw = false;
  ASSERT_TRUE(decoder.submit(typed, listening));
  const Outcome outcome = listening->wait().value();
  EXPECT_EQ(known_at_text, std::vector<std::string>());
  EXPECT_EQ(metrics_.early.Value(), 1);
  EXPECT_EQ(listening->heard.front(), "understood " + outcome.intent);
  EXPECT_EQ(texts(outcome), alone(*reference, outcome.intent, tasks));
}

TEST_F(DecoderTest, WhatCannotBeWrittenForWhatWasTypedIsAnErrorWhenItIsUnderstood) {
  const auto weights = load(suggest::test::Vocabulary::shipped);
  const int free = weights->engine->tree.free_tokens();
  Decoder decoder(weights, patient(), metrics_);
  const auto listening = std::make_shared<Listening>();
  const Wish unwritable{.text = "a boat", .certainty = 0, .otherwise = "\xff", .tasks = {noise(Task::query, 2)}};
  ASSERT_TRUE(decoder.submit(unwritable, listening));
  EXPECT_FALSE(listening->wait());
  EXPECT_EQ(weights->engine->tree.free_tokens(), free);
}

TEST_F(DecoderTest, AWishThatIsGivenUpBeforeItIsUnderstoodLeavesNothingBehind) {
  const auto weights = load(suggest::test::Vocabulary::shipped);
  const int free = weights->engine->tree.free_tokens();
  Decoder decoder(weights, patient(), metrics_);
  std::shared_ptr<Ticket> ticket;
  std::promise<void> may_leave;
  const auto leaving = std::make_shared<Acting>([] {},
                                                [&] {
                                                  may_leave.get_future().wait();
                                                  ticket->cancel();
                                                });
  Wish typed = wish("need a red sign pls", {noise(Task::query, 2), noise(Task::image, 2)});
  typed.raw = false;
  ticket = decoder.submit(typed, leaving);
  ASSERT_TRUE(ticket);
  may_leave.set_value();
  const auto next = std::make_shared<Listening>();
  ASSERT_TRUE(decoder.submit(wish("another"), next));
  EXPECT_TRUE(next->wait());
  decoder.drain(std::chrono::hours(1));
  EXPECT_EQ(weights->engine->tree.free_tokens(), free);
}

TEST_F(DecoderTest, WhatAPersonCorrectedIsNotDetected) {
  Decoder decoder(load(suggest::test::Vocabulary::shipped), patient(), metrics_);
  const auto listening = std::make_shared<Listening>();
  Wish told = wish("sofa", {{.n = 1, .words = WordRange{1, 3}, .candidates = 1}});
  told.raw = false;
  told.understood = Intent{.text = "blue sofa",
                           .goals = {},
                           .categories = {},
                           .facets = {},
                           .language = "und",
                           .confidence = 1,
                           .signs = {}};
  ASSERT_TRUE(decoder.submit(told, listening));
  EXPECT_EQ(listening->wait().value().intent, "blue sofa");
}

TEST_F(DecoderTest, WhatWasToldFromSomethingUnsureIsWrittenForInOtherWords) {
  Decoder decoder(load(suggest::test::Vocabulary::shipped), patient(), metrics_);
  HoldUp hold(decoder);
  const std::vector<SuggestOptions> tasks = {{.n = 1, .words = WordRange{1, 3}, .candidates = 1, .temperature = 2}};
  const auto red = std::make_shared<Listening>(), blue = std::make_shared<Listening>();
  ASSERT_TRUE(decoder.submit({.text = "a boat", .certainty = 0, .otherwise = "boat, red", .tasks = tasks}, red));
  ASSERT_TRUE(decoder.submit({.text = "a boat", .certainty = 0, .otherwise = "boat, blue", .tasks = tasks}, blue));
  hold.release();
  EXPECT_EQ(red->wait().value().intent, "boat, red");
  EXPECT_EQ(blue->wait().value().intent, "boat, blue");
  EXPECT_EQ(metrics_.joined.Value(), 0);
  const auto again = std::make_shared<Listening>();
  ASSERT_TRUE(decoder.submit({.text = "a boat", .certainty = 0, .otherwise = "boat, red", .tasks = tasks}, again));
  const Outcome outcome = again->wait().value();
  EXPECT_TRUE(outcome.cached);
  EXPECT_EQ(outcome.intent, "boat, red");
}

TEST_F(DecoderTest, AnUtteranceThatCannotBeTakenIsAnErrorOfItsOwn) {
  Decoder decoder(load(), patient(), metrics_);
  std::string endless;
  for (int i = 0; i < 400; ++i) endless += "zq ";
  const auto refused = std::make_shared<Listening>(), good = std::make_shared<Listening>();
  ASSERT_TRUE(decoder.submit(wish(endless), refused) && decoder.submit(wish("holiday sale"), good));
  EXPECT_EQ(refused->wait().error().code, ErrorCode::invalid_argument);
  EXPECT_TRUE(good->wait());
}

}  // namespace
}  // namespace updraft::server
