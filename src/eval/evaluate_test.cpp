#include "eval/evaluate.h"

#include <cmath>

#include "eval/small_systems.h"
#include "eval/texts_file.h"

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

// Writes its question's number for each task, and counts what it was asked.
System counting(int& questions) {
  return [&questions](const Question& question) -> Result<Written> {
    if (question.record.intent == "13") return fail(ErrorCode::io, "unlucky");
    Written written{.texts = {}, .tokens = 1, .seconds = 1, .memory_mb = 1};
    for (auto& texts : written.texts) texts = {{question.record.intent, question.n}};
    ++questions;
    return written;
  };
}

TEST(Collect, AsksForEachRecordInOrder) {
  int questions = 0;
  std::vector<std::array<std::size_t, 3>> progress;
  const auto written = collect(counting(questions), numbered(3), {.intents = 3, .n = 4, .seed = 0}, nullptr,
                               [&](auto done, auto had, auto all) {
                                 progress.push_back({done, had, all});
                               });
  ASSERT_TRUE(written.has_value());
  EXPECT_EQ(questions, 3);
  for (std::size_t i = 0; i < 3; ++i) EXPECT_EQ((*written)[i].texts[2].front().text, std::to_string(i));
  EXPECT_EQ(written->front().texts[0].front().asked, 4);
  EXPECT_EQ(progress, (std::vector<std::array<std::size_t, 3>>{{1, 0, 3}, {2, 0, 3}, {3, 0, 3}}));
}

TEST(Collect, GoesOnAfterAStop) {
  const files::test::Folder folder;
  const Options options{.intents = 20, .n = 2, .seed = 0};
  int questions = 0;
  {
    auto file = TextsFile::open(folder / "a.jsonl", "").value();
    const auto stopped = collect(counting(questions), numbered(20), options, &file, [](auto, auto, auto) {});
    EXPECT_EQ(stopped.error().message, "unlucky");
  }
  EXPECT_EQ(questions, 13);
  auto file = TextsFile::open(folder / "a.jsonl", "").value();
  std::size_t had = 0;
  const auto written =
      collect(counting(questions), numbered(13), options, &file, [&](auto, std::size_t so_far, auto) { had = so_far; });
  ASSERT_TRUE(written.has_value());
  EXPECT_EQ(questions, 13);
  EXPECT_EQ(had, 13U);
  EXPECT_EQ(written->at(7).texts[1].front().text, "7");
}

TEST(SeedOf, DiffersByIntentAndSeed) {
  EXPECT_EQ(seed_of("a", 1), seed_of("a", 1));
  EXPECT_NE(seed_of("a", 1), seed_of("b", 1));
  EXPECT_NE(seed_of("a", 1), seed_of("a", 2));
}

class AddTest : public test::SmallSystems {
 protected:
  // Each task's texts.
  [[nodiscard]] SystemReport scored(const Record& record, const std::vector<Text>& texts) const {
    SystemReport system;
    Written written{.texts = {}, .tokens = 30, .seconds = 2, .memory_mb = 50};
    for (auto& of_task : written.texts) of_task = texts;
    add(system, record, written, 3, scorer());
    return system;
  }
};

TEST_F(AddTest, MeasuresAllTextsAndAsManyAsTheTeachers) {
  const SystemReport system = scored(records_.front(), {{"red sale", 2}, {"red sign", 4}, {"sign", 1}});
  EXPECT_EQ(system.tokens_per_second(), 15);
  EXPECT_EQ(system.memory_mb, 50);
  for (std::size_t t = 0; t < prompt_tasks.size(); ++t) {
    const TaskScores& task = system.scores[t];
    EXPECT_EQ(task.all.texts.value(), 3);
    EXPECT_EQ(task.as_many.texts.value(), 2);  // the teacher wrote two
    EXPECT_EQ(task.as_many.relevance.n, 2U);
    EXPECT_EQ(task.as_many.spread.n, 1U);
    EXPECT_EQ(task.as_many.distinct_2.value(), 1);
    EXPECT_NEAR(task.as_many.self_bleu.value(), std::sqrt(0.05), 1e-12);
    EXPECT_EQ(task.all.reward.n, 3U);
    EXPECT_LE(task.all.fluency.value(), 1);
    EXPECT_EQ(task.all_different.value(), 1);
    const WordHits hits = system.word_hits(t);
    EXPECT_DOUBLE_EQ(hits.error.value(), 2.0 / 3);
    EXPECT_DOUBLE_EQ(hits.within_one.value(), 2.0 / 3);
  }
}

TEST_F(AddTest, FewerTextsThanTheTeachersTellNothingOfDiversity) {
  const SystemReport one = scored(records_.front(), {{"red sale"}});
  EXPECT_EQ(one.scores[0].as_many.spread.n, 0U);
  EXPECT_EQ(one.scores[0].as_many.distinct_2.n, 0U);
  EXPECT_EQ(one.scores[0].as_many.texts.value(), 1);
  EXPECT_EQ(one.scores[0].as_many.relevance.n, 1U);
  EXPECT_EQ(one.scores[0].all_different.value(), 0);
  EXPECT_EQ(one.word_hits(0).error.n, 0U);  // it was asked for no length
  EXPECT_EQ(scored(records_.front(), {}).scores[0].as_many.texts.value(), 0);
}

TEST_F(AddTest, HonoursWhatIsNeitherBrokenNorMissed) {
  Record record = records_.front();
  record.intent = "three red cats, no text";
  const auto honoured = [&](const std::string& text, Task task) {
    const SystemReport system = scored(record, {{text}});
    for (std::size_t t = 0; t < prompt_tasks.size(); ++t) {
      if (prompt_tasks[t] == task) return std::pair(system.scores[t].all.honoured, system.scores[t].all.kept);
    }
    return std::pair(Mean(), Mean());
  };
  const auto [all, all_kept] = honoured("three red cats on a sofa", Task::image);
  EXPECT_EQ(all.n, 3U);  // count, colour, negation
  EXPECT_EQ(all.value(), 1);
  EXPECT_EQ(all_kept.value(), 1);
  const auto [broken, broken_kept] = honoured("two blue cats with a line of text", Task::image);
  EXPECT_EQ(broken.n, 3U);
  EXPECT_EQ(broken.value(), 0);
  // A query may leave open what a picture must show.
  const auto [open, open_kept] = honoured("cats", Task::query);
  EXPECT_EQ(open.value(), 1);
  EXPECT_LT(open_kept.value(), 1);
  EXPECT_EQ(scored(records_.front(), {{"red sale"}}).scores[0].all.honoured.n, 0U);  // nothing is stated
}

TEST_F(AddTest, SteeringTellsOfLengthsWhereItIsThere) {
  SystemReport system = scored(records_.front(), {{"red sale", 2}});
  system.steering.emplace();
  (*system.steering)[0].words = {{4, 9}};
  EXPECT_EQ(system.word_hits(0).error.value(), 5);
}

}  // namespace
}  // namespace updraft::eval
