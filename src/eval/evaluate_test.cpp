#include "eval/evaluate.h"

#include <gtest/gtest.h>

#include <cmath>
#include <nlohmann/json.hpp>
#include <set>

#include "encode/small_bert.h"
#include "eval/report.h"
#include "files/test_folder.h"
#include "gguf/writer.h"
#include "suggest/small_model.h"

namespace updraft::eval {
namespace {

using corpus::Record;

std::vector<Record> numbered(int n) {
  std::vector<Record> records;
  for (int i = 0; i < n; ++i) records.emplace_back().intent = std::to_string(i);
  return records;
}
std::vector<std::string> intents(const std::vector<Record>& records) {
  std::vector<std::string> all;
  for (const Record& record : records) all.push_back(record.intent);
  return all;
}

TEST(Choose, TakesAsManyAsAskedInTheirOrder) {
  const auto chosen = choose(numbered(50), 10, 1);
  ASSERT_EQ(chosen.size(), 10U);
  for (std::size_t i = 1; i < chosen.size(); ++i)
    EXPECT_LT(std::stoi(chosen[i - 1].intent), std::stoi(chosen[i].intent));
  EXPECT_EQ(intents(choose(numbered(50), 10, 1)), intents(chosen));
  EXPECT_NE(intents(choose(numbered(50), 10, 2)), intents(chosen));
  EXPECT_EQ(choose(numbered(5), 10, 1).size(), 5U);
}

TEST(Choose, LikesAllRecordsTheSame) {
  std::vector<int> count(20);
  for (std::uint64_t seed = 0; seed < 2000; ++seed) {
    for (const Record& record : choose(numbered(20), 5, seed))
      ++count[static_cast<std::size_t>(std::stoi(record.intent))];
  }
  for (const int c : count) EXPECT_NEAR(c, 500, 100);
}

// Random models: their numbers mean nothing, but what holds for all numbers must hold for theirs.
class EvaluateTest : public testing::Test {
 protected:
  EvaluateTest() {
    EXPECT_TRUE(gguf::write(folder_ / "model.gguf", suggest::test::small_model(suggest::test::Controls::named)));
    folder_.write("vocab.txt", "[UNK]\n[CLS]\n[SEP]\nsale\nred\nsign\n");
    folder_.write("model.safetensors", encode::test::as_safetensors(encode::test::small_bert(6)));
    for (const std::string intent : {"holiday sale", "red sign", "a sale of red signs"}) {
      Record record;
      record.intent = intent;
      record.category = "retail";
      for (const Task task : prompt_tasks) record.prompts[static_cast<std::size_t>(task)] = {"red sale", "sign"};
      records_.push_back(record);
    }
  }

  [[nodiscard]] Result<Report> evaluated(const Options& options) {
    const auto suggester = Suggester::load(folder_ / "model.gguf", {.threads = 1}).value();
    const auto engine = suggest::Engine::load(folder_ / "model.gguf", 1).value();
    const auto encoder = encode::TextEncoder::load(folder_.path(), {.threads = 1}).value();
    return evaluate({suggester, *engine, encoder}, records_, options,
                    [&](std::size_t done, std::size_t all) { progress_.emplace_back(done, all); });
  }

  files::test::Folder folder_;
  std::vector<Record> records_;
  std::vector<std::pair<std::size_t, std::size_t>> progress_;
};

TEST_F(EvaluateTest, MeasuresEveryTask) {
  const auto report = evaluated({.intents = 2, .n = 3, .seed = 5});
  ASSERT_TRUE(report.has_value()) << report.error().message;
  EXPECT_EQ(report->n_intents, 2U);
  EXPECT_EQ(progress_, (std::vector<std::pair<std::size_t, std::size_t>>{{1, 2}, {2, 2}}));
  EXPECT_EQ(report->request_ms.size(), 2U);
  for (const TaskReport& task : report->tasks) {
    EXPECT_GT(perplexity(task.teacher_loss.a_token), 1);
    EXPECT_GT(task.teacher_loss.a_token.n, 0U);
    EXPECT_EQ(task.free_words.exact.n, 6U);
    EXPECT_LE(task.free_words.exact.value(), task.free_words.within_one.value());
    EXPECT_EQ(task.teacher.n.value(), 2);
    EXPECT_EQ(task.teacher.relevance.n, 4U);
    EXPECT_EQ(task.teacher.distinct_2.value(), 1);
    EXPECT_LE(task.as_many.n.value(), 2);
    EXPECT_LE(task.suggestions.n.value(), 3);
    EXPECT_EQ(task.all_different.n, 2U);
    for (const TextScores* scores : {&task.teacher, &task.suggestions, &task.as_many}) {
      EXPECT_LE(std::abs(scores->relevance.value()), 1.0001);
      EXPECT_LE(std::abs(scores->nearest.value()), 1.0001);
    }
  }
}

TEST_F(EvaluateTest, ATeachersPromptIsNotNearToItself) {
  const auto report = evaluated({.intents = 3, .n = 1, .seed = 0});
  ASSERT_TRUE(report.has_value()) << report.error().message;
  EXPECT_LT(report->tasks[0].teacher.nearest.value(), 0.999);
}

TEST_F(EvaluateTest, WritesTheSameNumbersForTheSameSeed) {
  auto one = evaluated({.intents = 2, .n = 2, .seed = 7}), two = evaluated({.intents = 2, .n = 2, .seed = 7});
  ASSERT_TRUE(one && two);
  for (Report* report : {&*one, &*two}) report->decode_ms = 0, report->request_ms.clear();
  EXPECT_EQ(to_json(*one), to_json(*two));
  EXPECT_EQ(to_text(*one), to_text(*two));
  const auto json = nlohmann::json::parse(to_json(*one));
  EXPECT_EQ(json.at("intents"), 2);
  for (const Task task : prompt_tasks) EXPECT_TRUE(json.at("tasks").contains(std::string(name(task))));
}

TEST_F(EvaluateTest, RefusesIntentsThatNoRequestMayHave) {
  records_ = {records_.front()};
  records_.front().intent = std::string(max_intent_bytes + 1, 'a');
  EXPECT_EQ(evaluated({}).error().code, ErrorCode::invalid_argument);
  records_.clear();
  EXPECT_EQ(evaluated({}).error().code, ErrorCode::invalid_argument);
}

}  // namespace
}  // namespace updraft::eval
