#include <gtest/gtest.h>

#include <cmath>
#include <set>

#include "files/test_folder.h"
#include "suggest/command.h"
#include "suggest/small_model.h"
#include "text/phrase.h"
#include "text/words.h"
#include "updraft/suggest.h"

namespace updraft {
namespace {

using suggest::test::Controls;
using suggest::test::small_model;

// A random model on disk: what it writes is noise, but every promise that does not depend on meaning must hold for it.
class SuggesterTest : public testing::Test {
 protected:
  void SetUp() override { ASSERT_TRUE(gguf::write(folder_ / "model.gguf", small_model(Controls::named))); }

  [[nodiscard]] Suggester load(int threads = 1) const {
    return Suggester::load(folder_ / "model.gguf", {.threads = threads}).value();
  }

  files::test::Folder folder_;
};

SuggestOptions options(Task task, int n, std::optional<WordRange> words = std::nullopt, std::uint64_t seed = 0) {
  SuggestOptions o;
  o.task = task;
  o.n = n;
  o.words = words;
  o.seed = seed;
  o.temperature = 2;  // a random model hardly ever ends a text by itself
  o.top_p = 1;
  o.min_p = 0;
  return o;
}

std::vector<std::string> texts(const Suggestions& suggestions) {
  std::vector<std::string> all;
  for (const Suggestion& s : suggestions.items) all.push_back(s.text);
  return all;
}

TEST_F(SuggesterTest, EverySuggestionIsWholeInsideTheAskedWordsAndUnlikeTheOthers) {
  const Suggester suggester = load();
  std::size_t found = 0;
  for (const WordRange words : {WordRange{1, 1}, WordRange{3, 3}, WordRange{4, 9}, WordRange{30, 40}}) {
    for (std::uint64_t seed = 0; seed < 5; ++seed) {
      const auto answer = suggester.suggest("holiday sale", options(Task::image, 12, words, seed)).value();
      std::set<std::string> keys;
      found += answer.items.size();
      for (const Suggestion& s : answer.items) {
        EXPECT_EQ(s.words, static_cast<int>(text::count_words(s.text)));
        EXPECT_GE(s.words, words.min) << s.text;
        EXPECT_LE(s.words, words.max) << s.text;
        EXPECT_TRUE(text::is_whole(s.text)) << s.text;
        EXPECT_FALSE(text::loops(s.text)) << s.text;
        EXPECT_TRUE(keys.insert(text::alike_key(s.text)).second) << s.text;
      }
    }
  }
  EXPECT_GT(found, 50U);
}

TEST_F(SuggesterTest, ASeedGivesTheSameOnEveryRunAndThreadCount) {
  const auto ask = [](const Suggester& suggester, std::uint64_t seed) {
    return texts(suggester.suggest("red sign", options(Task::template_, 6, WordRange{2, 5}, seed)).value());
  };
  const Suggester one = load(1), two = load(2), three = load(3);
  for (std::uint64_t seed = 0; seed < 2; ++seed) {
    const auto first = ask(one, seed);
    EXPECT_EQ(ask(one, seed), first);
    EXPECT_EQ(ask(two, seed), first);
    EXPECT_EQ(ask(three, seed), first);
  }
  EXPECT_NE(ask(one, 0), ask(one, 1));
}

TEST_F(SuggesterTest, TasksAnsweredTogetherAreAnsweredAsAlone) {
  const Suggester suggester = load();
  std::vector<SuggestOptions> tasks;
  for (const Task task : prompt_tasks) tasks.push_back(options(task, 5));
  const auto together = suggester.suggest_all("blue car", tasks).value();
  ASSERT_EQ(together.size(), tasks.size());
  for (std::size_t i = 0; i < tasks.size(); ++i) {
    EXPECT_EQ(texts(together[i]), texts(suggester.suggest("blue car", tasks[i]).value()));
  }
}

TEST_F(SuggesterTest, AnAnswerBeginsWithTheBestScore) {
  const auto answer = load().suggest("sale", options(Task::query, 8, WordRange{3, 3})).value();
  for (const Suggestion& s : answer.items) EXPECT_GE(answer.items.front().score, s.score);
}

TEST_F(SuggesterTest, ControlTokensTypedByAUserAreText) {
  const Suggester suggester = load();
  EXPECT_TRUE(suggester.suggest("<|query|> <|im_end|>", options(Task::query, 2)));
}

TEST_F(SuggesterTest, RefusesWhatItCannotDo) {
  const Suggester suggester = load();
  const auto refused = [&](std::string_view intent, const SuggestOptions& o) {
    const auto answer = suggester.suggest(intent, o);
    return !answer && answer.error().code == ErrorCode::invalid_argument && !answer.error().message.empty();
  };
  const SuggestOptions good = options(Task::query, 2);
  EXPECT_TRUE(refused("", good));
  EXPECT_TRUE(refused(" \n", good));
  EXPECT_TRUE(refused(std::string(1 << 20, 'a'), good));
  EXPECT_TRUE(refused("\xff\xfe", good));
  EXPECT_TRUE(refused("sale", options(Task::query, 0)));
  EXPECT_TRUE(refused("sale", options(Task::query, 65)));
  EXPECT_TRUE(refused("sale", options(Task::query, 2, WordRange{5, 2})));
  EXPECT_TRUE(refused("sale", options(Task::query, 2, WordRange{0, 2})));
  SuggestOptions hot = good;
  hot.temperature = NAN;
  EXPECT_TRUE(refused("sale", hot));
  EXPECT_FALSE(suggester.suggest_all("sale", {}));
}

TEST_F(SuggesterTest, TheLongestIntentAndTheMostSuggestionsFit) {
  std::string intent;
  while (intent.size() + 4 <= 4096) intent += "q9z ";  // little of it is in the vocabulary: nearly a token a byte
  const auto answer = load(2).suggest(intent, options(Task::query, 2));
  if (!answer) {  // a model may see fewer tokens than that: then it says so
    EXPECT_EQ(answer.error().code, ErrorCode::invalid_argument) << answer.error().message;
  }
  std::vector<SuggestOptions> tasks;
  for (const Task task : prompt_tasks) tasks.push_back(options(task, 64, WordRange{1, 6}));
  EXPECT_TRUE(load(2).suggest_all("sale", tasks));
}

TEST_F(SuggesterTest, ABaseModelIsRefusedByName) {
  ASSERT_TRUE(gguf::write(folder_ / "base.gguf", small_model(Controls::absent)));
  const auto suggester = Suggester::load(folder_ / "base.gguf");
  ASSERT_FALSE(suggester);
  EXPECT_EQ(suggester.error().code, ErrorCode::unsupported);
  EXPECT_NE(suggester.error().message.find("base.gguf"), std::string::npos);
}

TEST_F(SuggesterTest, OneThatTellsTheTaskAloneLeavesOthersOfItsModelAsTheyWere) {
  const auto asked = options(Task::query, 4);
  const auto alone = texts(load().suggest("holiday sale", asked).value());
  const Model model = Model::load(folder_ / "model.gguf", 1).value();
  const Suggester whole = Suggester::with(model).value();
  const Suggester task_only = Suggester::with(model, {.threads = 1, .task_only = true}).value();
  EXPECT_NE(texts(task_only.suggest("holiday sale", asked).value()), alone);
  EXPECT_EQ(texts(whole.suggest("holiday sale", asked).value()), alone);
}

}  // namespace
}  // namespace updraft
