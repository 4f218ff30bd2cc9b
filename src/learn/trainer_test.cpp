#include "learn/trainer.h"

#include <gtest/gtest.h>

#include <fstream>
#include <nlohmann/json.hpp>

#include "files/test_folder.h"
#include "gguf/writer.h"
#include "suggest/small_model.h"
#include "updraft/suggest.h"

namespace updraft::learn {
namespace {

namespace fs = std::filesystem;

class Trainer : public testing::Test {
 protected:
  void SetUp() override {
    fs::create_directory(folder_ / "data");
    std::ofstream corpus(folder_ / "data/corpus.jsonl");
    for (int i = 0; i < 60; ++i) {
      const std::string subject = "holiday sale " + std::to_string(i);
      corpus << nlohmann::json{{"intent", subject},
                               {"category", i % 2 == 0 ? "retail" : "events"},
                               {"raw", {{{"text", "make a " + subject}, {"goal", "template"}}}},
                               {"query", {subject + " poster", "sale sign"}},
                               {"related", {"gift cards"}},
                               {"template", {"A bold poster for the " + subject}},
                               {"image", {"A shop window with a sign that says " + subject}}}
             << '\n';
    }
    ASSERT_TRUE(gguf::write(folder_ / "base.gguf", suggest::test::small_model(suggest::test::Controls::absent)));
  }

  [[nodiscard]] TrainOptions options(const std::string& run, std::int64_t steps) const {
    TrainOptions o;
    o.base = folder_ / "base.gguf";
    o.data = folder_ / "data";
    o.run = folder_ / run;
    o.steps = steps;
    o.tokens_a_step = 256;
    o.learning_rate = 3e-3;
    o.warmup_steps = 2;
    o.shortlist_size = 1024;
    o.negatives = 16;
    o.validate_every = 4;
    return o;
  }
  [[nodiscard]] std::vector<double> losses(const std::string& run) const {
    std::vector<double> values;
    std::ifstream log(folder_ / run / "log.jsonl");
    for (std::string line; std::getline(log, line);) values.push_back(nlohmann::json::parse(line).at("loss"));
    return values;
  }

  files::test::Folder folder_;
};

TEST_F(Trainer, LearnsAndExportsAModelThatSuggests) {
  ASSERT_TRUE(train(options("run", 12), [] { return false; }));
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
  ASSERT_TRUE(train(options("whole", 8), [] { return false; }));
  int steps = 0;
  const auto stopped = train(options("parts", 8), [&] { return ++steps == 3; });
  ASSERT_FALSE(stopped);
  EXPECT_EQ(stopped.error().code, ErrorCode::cancelled);
  EXPECT_EQ(losses("parts").size(), 3U);
  ASSERT_TRUE(train(options("parts", 8), [] { return false; }));
  const auto whole = losses("whole"), parts = losses("parts");
  ASSERT_EQ(parts.size(), whole.size());
  for (std::size_t i = 0; i < whole.size(); ++i) EXPECT_NEAR(parts[i], whole[i], 1e-4 * whole[i]) << "step " << i + 1;
}

TEST_F(Trainer, RefusesADamagedCheckpoint) {
  ASSERT_TRUE(train(options("run", 1), [] { return false; }));
  fs::resize_file(folder_ / "run/checkpoint.bin", fs::file_size(folder_ / "run/checkpoint.bin") / 2);
  const auto again = train(options("run", 2), [] { return false; });
  ASSERT_FALSE(again);
  EXPECT_EQ(again.error().code, ErrorCode::corrupt);
}

TEST_F(Trainer, NamesTheLineThatIsWrongInTheCorpus) {
  std::ofstream(folder_ / "data/corpus.jsonl", std::ios::app) << "{\"intent\": 3}\n";
  const auto done = train(options("run", 1), [] { return false; });
  ASSERT_FALSE(done);
  EXPECT_NE(done.error().message.find("corpus.jsonl:61: "), std::string::npos) << done.error().message;
}

}  // namespace
}  // namespace updraft::learn
