// The reward cannot be gamed: what pleases a scorer without serving anybody is worth clearly less than the teacher's
// prompts. With the real encoder, over held-out intents of the corpus.
#include "reward/reward.h"

#include <gtest/gtest.h>

#include <array>
#include <cstdlib>
#include <filesystem>
#include <map>
#include <string>

#include "corpus/corpus.h"

namespace updraft::reward {
namespace {

constexpr std::size_t n_intents = 50;

// One good prompt a task, and one good ending.
struct Fixed {
  Task task;
  std::string_view prompt, ending;
};
constexpr std::array<Fixed, prompt_tasks.size()> fixed = {{
    {Task::query, "watercolor flowers background", " vector illustration"},
    {Task::related, "thank you card", " gift ideas"},
    {Task::template_, "Warm cream flyer with a bold headline, hand-drawn leaves in the corners and space for a date",
     ", clean layout with a bold headline, soft background and a wide margin"},
    {Task::image, "Soft watercolor of a quiet village street at dawn, a cat on a doorstep, mist over the roofs",
     ", soft watercolor with gentle morning light, warm colours and a wide empty space for a title"},
}};

struct Mean {
  double sum = 0;
  std::size_t n = 0;
  void add(double value) { sum += value, ++n; }
  [[nodiscard]] double value() const { return n == 0 ? 0 : sum / static_cast<double>(n); }
};

class RealScorer : public testing::Test {
 protected:
  void SetUp() override {
#ifdef UPDRAFT_SANITIZED
    GTEST_SKIP() << "a measurement, which takes minutes under sanitizers";
#endif
    const char* set = std::getenv("UPDRAFT_MINILM");
    const std::filesystem::path path = set != nullptr ? set : UPDRAFT_SOURCE_DIR "/models/minilm-l6-q8_0.gguf";
    const auto scorer = Scorer::load(path, {.threads = 1});
    ASSERT_TRUE(scorer.has_value()) << scorer.error().message;
    const auto corpus = corpus::read(UPDRAFT_SOURCE_DIR "/data");
    ASSERT_TRUE(corpus.has_value()) << corpus.error().message;
    ASSERT_GE(corpus->held_out.size(), n_intents);
    const std::size_t step = corpus->held_out.size() / n_intents;
    for (std::size_t i = 0; i < n_intents; ++i) {
      const std::size_t other = (i * step + corpus->held_out.size() / 2) % corpus->held_out.size();
      measure(*scorer, corpus->held_out[i * step], corpus->held_out[other]);
    }
  }

  void measure(const Scorer& scorer, const corpus::Record& record, const corpus::Record& other) {
    for (const Fixed& f : fixed) {
      const auto t = static_cast<std::size_t>(f.task);
      const auto add = [&](const std::string& strategy, const std::vector<std::string>& texts) {
        const std::vector<std::string_view> siblings(texts.begin(), texts.end());
        for (const Reward& reward : scorer.score(record.intent, f.task, siblings)) {
          totals_[strategy][f.task].add(reward.total);
          returns_[strategy][f.task].add(scorer.return_of(reward, f.task));
        }
      };
      const std::string& intent = record.intent;
      add("teacher", record.prompts[t]);
      add("another intent's", {other.prompts[t].front(), other.prompts[t].back()});
      add("echo", {intent});
      add("stuffing", {intent + " " + intent + " sale banner " + intent + " deal"});
      add("fixed prompt", {std::string(f.prompt)});
      add("intent and fixed ending", {intent + std::string(f.ending)});
      const std::string& first = record.prompts[t].front();
      add("one prompt again and again", {first, first, first});
    }
  }

  double total(const std::string& strategy, Task task) { return totals_[strategy][task].value(); }
  double mean_return(const std::string& strategy, Task task) { return returns_[strategy][task].value(); }

  std::map<std::string, std::map<Task, Mean>> totals_, returns_;
};

TEST_F(RealScorer, ValuesTheTeacherHighlyAndWhatGamesItClearlyLess) {
  for (const auto& [strategy, tasks] : totals_) {
    for (const auto& [task, mean] : tasks) {
      const std::string what = strategy + " as " + std::string(name(task));
      RecordProperty(what, std::to_string(mean.value()) + ", return " + std::to_string(mean_return(strategy, task)));
      if (strategy == "teacher") {
        EXPECT_GE(mean.value(), 0.5) << what;
        EXPECT_GE(mean_return(strategy, task), 6) << what;
      } else {
        EXPECT_LE(mean.value(), 0.5 * total("teacher", task)) << what;
        EXPECT_LE(mean_return(strategy, task), mean_return("teacher", task) - 2.5) << what;
      }
    }
  }
}

}  // namespace
}  // namespace updraft::reward
