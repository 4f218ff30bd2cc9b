#include "suggest/batch.h"

#include <gtest/gtest.h>

#include <memory>

#include "files/test_folder.h"
#include "suggest/request.h"
#include "suggest/small_model.h"

namespace updraft::suggest {
namespace {

// A random model on disk: what requests write is noise, but together they must write what each writes alone.
class BatchTest : public testing::Test {
 protected:
  struct Wish {
    std::string intent;
    std::vector<SuggestOptions> tasks;
  };

  void SetUp() override {
    ASSERT_TRUE(gguf::write(folder_ / "model.gguf", test::small_model(test::Controls::named)));
    engine_ = Engine::load(folder_ / "model.gguf", {.threads = 2, .decodings = 4}).value();
  }

  static Wish wish(std::string intent, Task task, int n, WordRange words) {
    return {std::move(intent),
            {{.task = task, .n = n, .words = words, .seed = 3, .temperature = 2, .top_p = 1, .min_p = 0}}};
  }

  // Related ideas, and behind them six prompts for images that take longer.
  static Wish wish_of_two(int n, WordRange words) {
    Wish both = wish("holiday sale", Task::related, n, words);
    both.tasks.push_back(wish("", Task::image, 6, {9, 20}).tasks.front());
    return both;
  }

  std::unique_ptr<Request> begin(const Wish& wish) {
    return Request::begin(*engine_, engine_->encoder, wish.intent, wish.tasks, nullptr).value();
  }

  // Alone, to its end.
  static void run(Batch& batch, Request& request) {
    while (!request.is_done()) ASSERT_TRUE(batch.step(std::array<Decoding*, 1>{&request}));
  }

  static std::vector<std::string> texts(Request& request) {
    std::vector<std::string> texts;
    for (const Suggestions& answer : request.answer()) {
      for (const Suggestion& suggestion : answer.items) texts.push_back(suggestion.text);
    }
    return texts;
  }

  files::test::Folder folder_;
  std::unique_ptr<Engine> engine_;
  const std::vector<Wish> wishes_ = {
      wish("holiday sale", Task::query, 6, {2, 4}), wish("red sign", Task::template_, 4, {5, 9}),
      wish("a cat", Task::image, 3, {1, 12}), wish("holiday sale", Task::related, 5, {1, 3})};
};

TEST_F(BatchTest, RequestsThatJoinAndLeaveGetWhatTheyGetAlone) {
  Batch batch(*engine_);
  std::vector<std::vector<std::string>> alone;
  for (const Wish& wish : wishes_) {
    const auto request = begin(wish);
    run(batch, *request);
    alone.push_back(texts(*request));
    EXPECT_FALSE(alone.back().empty());
  }

  std::vector<std::unique_ptr<Request>> requests(wishes_.size());
  std::size_t n_done = 0;
  for (std::size_t step = 0; n_done < wishes_.size(); ++step) {
    if (step % 3 == 0 && step / 3 < wishes_.size()) requests[step / 3] = begin(wishes_[step / 3]);
    std::vector<Decoding*> open;
    for (const auto& request : requests) {
      if (request) open.push_back(request.get());
    }
    ASSERT_TRUE(batch.step(open));
    for (std::size_t i = 0; i < requests.size(); ++i) {
      if (!requests[i] || !requests[i]->is_done()) continue;
      EXPECT_EQ(texts(*requests[i]), alone[i]);
      requests[i].reset();
      ++n_done;
    }
  }
}

TEST_F(BatchTest, ARequestThatIsGivenUpLeavesNothingBehind) {
  const int free = engine_->tree.free_tokens();
  Batch batch(*engine_);
  for (int steps = 0; steps < 6; ++steps) {
    const auto request = begin(wishes_[1]);
    for (int i = 0; i < steps && !request->is_done(); ++i)
      ASSERT_TRUE(batch.step(std::array<Decoding*, 1>{request.get()}));
  }
  EXPECT_EQ(engine_->tree.free_tokens(), free);
}

TEST_F(BatchTest, AnIntentThatDoesNotFitIsRefusedBeforeOthersWaitForIt) {
  const int free = engine_->tree.free_tokens();
  std::string intent;
  for (int i = 0; i < 400; ++i) intent += "zq ";
  const auto refused = Request::begin(*engine_, engine_->encoder, intent, wishes_[0].tasks, nullptr);
  ASSERT_FALSE(refused);
  EXPECT_EQ(refused.error().code, ErrorCode::invalid_argument);
  EXPECT_EQ(engine_->tree.free_tokens(), free);
}

TEST_F(BatchTest, ALongIntentIsComputedInPartsAndComesOutTheSame) {
  std::string intent;
  for (int i = 0; i < 60; ++i) intent += "zq ";  // more tokens than a step computes
  const auto texts_beside = [&](bool others) {
    Batch batch(*engine_);
    const Wish long_wish = wish(intent, Task::query, 3, {1, 4});
    const auto request = begin(long_wish);
    const auto other = begin(wishes_[2]);
    std::vector<Decoding*> open = {request.get()};
    if (others) open.insert(open.begin(), other.get());
    int steps = 0;
    while (!request->is_done()) {
      std::erase_if(open, [](const Decoding* decoding) { return decoding->is_done(); });
      EXPECT_TRUE(batch.step(open));
      ++steps;
      EXPECT_TRUE(steps > 1 || !request->has_begun());
    }
    return texts(*request);
  };
  EXPECT_EQ(texts_beside(true), texts_beside(false));
}

TEST_F(BatchTest, ATaskIsDoneBeforeTheOthersAre) {
  Batch batch(*engine_);
  const Wish both = wish_of_two(2, {1, 2});
  const auto alone = begin(both);
  run(batch, *alone);
  const auto request = begin(both);
  while (!request->is_done(0)) ASSERT_TRUE(batch.step(std::array<Decoding*, 1>{request.get()}));
  EXPECT_FALSE(request->is_done());
  EXPECT_FALSE(request->growing().empty());
  std::vector<std::string> early, late;
  for (const Suggestion& suggestion : request->answer(0).items) early.push_back(suggestion.text);
  for (const Suggestion& suggestion : alone->answer(0).items) late.push_back(suggestion.text);
  EXPECT_EQ(early, late);
}

TEST_F(BatchTest, TextsGrowWhileTheCommandsOfLaterTasksAreComputed) {
  Batch batch(*engine_);
  const Wish both = wish_of_two(2, {6, 9});
  const auto request = begin(both);
  ASSERT_TRUE(batch.step(std::array<Decoding*, 1>{request.get()}));
  EXPECT_FALSE(request->growing().empty());
  for (const auto& text : request->growing()) EXPECT_EQ(text.task, 0U);
}

TEST_F(BatchTest, ARequestThatWasHeldEndsAsIfItHadNotBeen) {
  Batch batch(*engine_);
  const Wish both = wish_of_two(6, {6, 9});
  const auto alone = begin(both);
  run(batch, *alone);
  const auto held = begin(both);
  held->hold(true);
  for (int step = 0; step < 5; ++step) {
    ASSERT_TRUE(batch.step(std::array<Decoding*, 1>{held.get()}));
    EXPECT_LE(held->growing().size(), 4U);
    for (const auto& text : held->growing()) EXPECT_EQ(text.task, 0U);
  }
  held->hold(false);
  run(batch, *held);
  EXPECT_EQ(texts(*held), texts(*alone));
}

TEST(Shares, NoneGetsMoreThanAnotherThatCouldUseIt) {
  using Sizes = std::vector<std::size_t>;
  EXPECT_EQ(share_out(32, Sizes{100}), (Sizes{32}));
  EXPECT_EQ(share_out(32, Sizes{100, 1}), (Sizes{31, 1}));
  EXPECT_EQ(share_out(32, Sizes{100, 1, 100, 4}), (Sizes{13, 1, 14, 4}));
  EXPECT_EQ(share_out(2, Sizes{5, 5, 5}), (Sizes{1, 1, 1}));
  EXPECT_TRUE(share_out(8, {}).empty());
}

TEST_F(BatchTest, AStepOfNobodyIsNothing) {
  Batch batch(*engine_);
  EXPECT_TRUE(batch.step({}));
}

}  // namespace
}  // namespace updraft::suggest
