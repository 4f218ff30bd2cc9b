#include "learn/trainer.h"

#include <ATen/Parallel.h>
#include <gtest/gtest.h>

#include <array>
#include <fstream>
#include <set>

#include "encode/small_bert.h"
#include "eval/probe.h"
#include "feedback/returns.h"
#include "learn/small_run.h"
#include "learn/test_ranks.h"
#include "updraft/suggest.h"

namespace updraft::learn {
namespace {

namespace fs = std::filesystem;
using test::as_ranks;

class Trainer : public testing::Test {
 protected:
  [[nodiscard]] TrainOptions options(const std::string& run, std::int64_t steps) const {
    return runs_.options(run, steps);
  }
  // A new GPT-2 of half a million parameters.
  [[nodiscard]] TrainOptions from_scratch(const std::string& run, std::int64_t steps) const {
    TrainOptions o = options(run, steps);
    o.name = "small";
    o.from_scratch = "gpt2";
    o.layers = 2;
    o.width = 64;
    o.heads = 4;
    o.context = 64;
    return o;
  }
  [[nodiscard]] std::vector<double> losses(const std::string& run) const { return runs_.losses(run); }
  static Result<> train_alone(
      const TrainOptions& options, const std::function<bool()>& stop = [] { return false; }) {
    auto alone = Team::join({});
    return train(options, *alone, stop);
  }
  [[nodiscard]] fs::path minilm() const {
    folder_.write("vocab.txt", "[UNK]\n[CLS]\n[SEP]\nsale\nholiday\n");
    folder_.write("model.safetensors", encode::test::as_safetensors(encode::test::small_bert(5)));
    return folder_.path();
  }

  test::SmallRuns runs_;
  const files::test::Folder& folder_ = runs_.folder();
};

// Without OpenMP, at::parallel_for is a plain loop and says nothing.
TEST(Threads, ShareALoop) {
  const int threads = at::get_num_threads();
  at::set_num_threads(2);
  std::array<bool, 2> shared{};
  at::parallel_for(0, 2, 1, [&](std::int64_t begin, std::int64_t end) {
    for (std::int64_t i = begin; i < end; ++i) shared[static_cast<std::size_t>(i)] = at::in_parallel_region();
  });
  at::set_num_threads(threads);
  EXPECT_TRUE(shared[0] && shared[1]);
}

TEST_F(Trainer, LearnsAndExportsAModelThatSuggests) {
  ASSERT_TRUE(train_alone(options("run", 12)));
  const auto curve = losses("run");
  ASSERT_EQ(curve.size(), 12U);
  EXPECT_LT(curve.back(), 0.8 * curve.front());
  for (const char* type : {"q4_0", "f16"}) {
    const auto suggester = Suggester::load(folder_ / "run" / ("updraft-135m-" + std::string(type) + ".gguf"));
    ASSERT_TRUE(suggester) << suggester.error().message;
    EXPECT_TRUE(suggester->suggest("holiday sale", {}));
  }
}

TEST_F(Trainer, GoesOnAfterAStopAsIfThereHadBeenNone) {
  ASSERT_TRUE(train_alone(options("whole", 8)));
  int steps = 0;
  const auto stopped = train_alone(options("parts", 8), [&] { return ++steps == 3; });
  ASSERT_FALSE(stopped);
  EXPECT_EQ(stopped.error().code, ErrorCode::cancelled);
  EXPECT_EQ(losses("parts").size(), 3U);
  ASSERT_TRUE(train_alone(options("parts", 8)));
  const auto whole = losses("whole"), parts = losses("parts");
  ASSERT_EQ(parts.size(), whole.size());
  for (std::size_t i = 0; i < whole.size(); ++i) EXPECT_NEAR(parts[i], whole[i], 1e-4 * whole[i]) << "step " << i + 1;
}

TEST_F(Trainer, LearnsFromWhatItWroteItself) {
  auto online = options("online", 6);
  online.minilm = minilm();
  online.act_every = 2;
  online.act_intents = 5;
  ASSERT_TRUE(train_alone(online));
  const auto replay = ReplayBuffer::open(folder_ / "online/replay.jsonl", 1000, 6);
  ASSERT_TRUE(replay) << replay.error().message;
  std::set<std::int64_t> steps;
  for (const Experience& experience : replay->all()) steps.insert(experience.step);
  EXPECT_EQ(steps, (std::set<std::int64_t>{0, 2, 4}));
  EXPECT_EQ(losses("online").size(), 6U);
}

TEST_F(Trainer, LearnsFromWhatPeopleMadeOfPrompts) {
  const std::string intent = "garden lantern evening", prompt = "paper lanterns";
  auto with = options("with", 30), without = options("without", 30);
  with.feedback = folder_.write(
      "feedback.jsonl",
      feedback::to_line({.intent = intent, .task = Task::query, .prompt = prompt, .words = 2, .ret = 9}) + "\n");
  int steps = 0;
  ASSERT_FALSE(train_alone(with, [&] { return ++steps == 5; })) << "stopped";
  ASSERT_TRUE(train_alone(with));
  ASSERT_TRUE(train_alone(without));
  const auto loss_of = [&](const std::string& run) {
    const auto engine = suggest::Engine::load(folder_ / run / "updraft-135m-f16.gguf", {.threads = 1});
    eval::Probe probe(**engine);
    eval::Probe::Loss loss;
    EXPECT_TRUE(probe.set_intent(intent));
    EXPECT_TRUE(probe.score(Task::query, prompt, loss));
    return loss.a_token.value();
  };
  EXPECT_LT(loss_of("with"), 0.7 * loss_of("without"));
  with.run = folder_ / "another";
  with.feedback = folder_ / "none.jsonl";
  EXPECT_FALSE(train_alone(with));
}

TEST_F(Trainer, GoesOnLearningFromAModelThatItExported) {
  ASSERT_TRUE(train_alone(options("first", 12)));
  auto second = options("second", 1);
  second.base = folder_ / "first/updraft-135m-f16.gguf";
  ASSERT_TRUE(train_alone(second));
  EXPECT_LT(losses("second").front(), 0.9 * losses("first").front());
}

TEST_F(Trainer, ANewGpt2LearnsAndSuggests) {
  ASSERT_TRUE(train_alone(from_scratch("run", 12)));
  const auto curve = losses("run");
  EXPECT_LT(curve.back(), 0.8 * curve.front());
  for (const char* type : {"q4_0", "f16"}) {
    const fs::path path = folder_ / "run" / ("small-" + std::string(type) + ".gguf");
    const auto file = gguf::File::open(path);
    ASSERT_TRUE(file) << file.error().message;
    EXPECT_EQ(file->string("general.name").value_or(""), "small");
    EXPECT_EQ(file->string("general.architecture").value_or(""), "gpt2");
    EXPECT_EQ(file->find("llama.block_count"), nullptr);  // of the base, nothing but the vocabulary
    const auto suggester = Suggester::load(path);
    ASSERT_TRUE(suggester) << suggester.error().message;
    EXPECT_TRUE(suggester->suggest("holiday sale", {}));
  }
}

TEST_F(Trainer, AGpt2ThatItExportedGoesOnLearning) {
  ASSERT_TRUE(train_alone(from_scratch("first", 12)));
  auto second = options("second", 1);
  second.base = folder_ / "first/small-f16.gguf";
  ASSERT_TRUE(train_alone(second));
  EXPECT_LT(losses("second").front(), 1.05 * losses("first").back());
}

TEST_F(Trainer, NewModelsFollowTheSeed) {
  auto other = from_scratch("other", 1);
  other.seed = 2;
  for (const TrainOptions& run : {from_scratch("one", 1), from_scratch("same", 1), other})
    ASSERT_TRUE(train_alone(run));
  EXPECT_EQ(losses("one"), losses("same"));
  EXPECT_NE(losses("one"), losses("other"));
}

TEST_F(Trainer, RefusesNewModelsThatCouldNotBeServed) {
  const auto refuses = [&](std::int64_t width, std::int64_t heads) {
    auto o = from_scratch("run", 1);
    o.width = width;
    o.heads = heads;
    const auto done = train_alone(o);
    return !done && done.error().code == ErrorCode::invalid_argument;
  };
  EXPECT_TRUE(refuses(96, 5));      // no whole heads
  EXPECT_TRUE(refuses(96, 4));      // heads of 24
  EXPECT_TRUE(refuses(48, 3));      // rows that quantised blocks do not divide
  EXPECT_TRUE(refuses(1024, 2));    // heads of 512
  EXPECT_TRUE(refuses(16384, 64));  // too many parameters
  auto unknown = from_scratch("run", 1);
  unknown.from_scratch = "bert";
  EXPECT_FALSE(train_alone(unknown));
}

TEST_F(Trainer, RefusesAContextThatNoIntentFitsIn) {
  auto o = from_scratch("run", 1);
  o.context = 2;
  const auto done = train_alone(o);
  ASSERT_FALSE(done);
  EXPECT_EQ(done.error().code, ErrorCode::invalid_argument);
}

TEST_F(Trainer, TwoProcessesActAsOne) {
  auto online = options("two", 3);
  online.minilm = minilm();
  online.act_every = 2;
  online.act_intents = 3;
  const auto ends = as_ranks([&](Team& team) { return train(online, team, [] { return false; }); });
  for (const auto& end : ends) EXPECT_TRUE(end) << end.error().message;
  EXPECT_EQ(losses("two").size(), 3U);
}

TEST_F(Trainer, ActingNeedsATextEncoder) {
  auto online = options("online", 2);
  online.act_every = 1;
  const auto done = train_alone(online);
  ASSERT_FALSE(done);
  EXPECT_EQ(done.error().code, ErrorCode::invalid_argument);
}

TEST_F(Trainer, TwoProcessesLoseWhatOneDoes) {
  ASSERT_TRUE(train_alone(options("one", 5)));
  const auto ends = as_ranks([&](Team& team) { return train(options("two", 5), team, [] { return false; }); });
  for (const auto& end : ends) EXPECT_TRUE(end) << end.error().message;
  const auto one = losses("one"), two = losses("two");
  ASSERT_EQ(two.size(), one.size());
  for (std::size_t i = 0; i < one.size(); ++i) EXPECT_NEAR(two[i], one[i], 1e-3 * one[i]) << "step " << i + 1;
}

TEST_F(Trainer, KeepsWhatItLearntWhenAnotherProcessIsGone) {
  ASSERT_TRUE(train_alone(options("whole", 6)));
  const auto ends = as_ranks([&](Team& team) {
    int steps = 0;
    return train(options("parts", 6), team, [&]() -> bool {
      if (team.rank() == 1 && ++steps == 4) throw std::runtime_error("killed");
      return false;
    });
  });
  ASSERT_FALSE(ends[0]);
  EXPECT_EQ(ends[0].error().code, ErrorCode::io);
  EXPECT_NE(ends[0].error().message.find("after step 3"), std::string::npos) << ends[0].error().message;
  ASSERT_TRUE(train_alone(options("parts", 6)));
  const auto whole = losses("whole"), parts = losses("parts");
  ASSERT_EQ(parts.size(), whole.size());
  for (std::size_t i = 0; i < whole.size(); ++i) EXPECT_NEAR(parts[i], whole[i], 1e-3 * whole[i]) << "step " << i + 1;
}

TEST_F(Trainer, RefusesADamagedCheckpoint) {
  ASSERT_TRUE(train_alone(options("run", 1)));
  fs::resize_file(folder_ / "run/checkpoint.bin", fs::file_size(folder_ / "run/checkpoint.bin") / 2);
  const auto again = train_alone(options("run", 2));
  ASSERT_FALSE(again);
  EXPECT_EQ(again.error().code, ErrorCode::corrupt);
}

TEST_F(Trainer, RemovesWhatAKilledRunLeftUnfinished) {
  auto first = options("run", 1);
  fs::create_directory(first.run);
  // No process has such a number: PID_MAX_LIMIT is 2^22.
  std::ofstream(first.run / "checkpoint.bin.tmp-5000000-0") << "half a checkpoint";
  ASSERT_TRUE(train_alone(first));
  EXPECT_FALSE(fs::exists(first.run / "checkpoint.bin.tmp-5000000-0"));
}

TEST_F(Trainer, NamesTheLineThatIsWrongInTheCorpus) {
  std::ofstream(folder_ / "data/corpus.jsonl", std::ios::app) << "{\"intent\": 3}\n";
  const auto done = train_alone(options("run", 1));
  ASSERT_FALSE(done);
  EXPECT_NE(done.error().message.find("corpus.jsonl:61: "), std::string::npos) << done.error().message;
}

}  // namespace
}  // namespace updraft::learn
