#include "eval/system.h"

#include "eval/memory.h"
#include "eval/small_systems.h"

namespace updraft::eval {
namespace {

class SystemTest : public test::SmallSystems {
 protected:
  [[nodiscard]] Written written(const LoadOptions& options, double bare_mb = 0) const {
    const auto system = updraft_system({.model = model(), .load = options, .bare_mb = bare_mb}).value();
    return system({records_.front(), 3, 7}).value();
  }
};

std::vector<std::string> texts_of(const std::vector<Text>& texts) {
  std::vector<std::string> all;
  for (const Text& text : texts) all.push_back(text.text);
  return all;
}

TEST_F(SystemTest, TheTeacherWritesWhatStandsInTheCorpus) {
  const auto answer = teacher_system()({records_.front(), 8, 0});
  ASSERT_TRUE(answer.has_value());
  for (const auto& texts : answer->texts) EXPECT_EQ(texts_of(texts), (std::vector<std::string>{"red sale", "sign"}));
  EXPECT_EQ(answer->seconds, 0);
}

TEST_F(SystemTest, UpdraftWritesWhatASuggesterDoes) {
  const Written answer = written({.threads = 1});
  const auto suggester = Suggester::load(model(), {.threads = 1}).value();
  for (std::size_t t = 0; t < prompt_tasks.size(); ++t) {
    SuggestOptions options;
    options.task = prompt_tasks[t];
    options.n = 3;
    options.seed = 7;
    std::vector<std::string> expected;
    const auto suggestions = suggester.suggest("holiday sale", options).value();
    for (const Suggestion& item : suggestions.items) expected.push_back(item.text);
    EXPECT_EQ(texts_of(answer.texts[t]), expected);
  }
  EXPECT_GT(answer.tokens, 0U);
  EXPECT_GT(answer.seconds, 0);
}

TEST_F(SystemTest, WithoutCommandsUpdraftWritesOtherTexts) {
  const Written with = written({.threads = 1}), without = written({.threads = 1, .task_only = true});
  EXPECT_NE(texts_of(with.texts[3]), texts_of(without.texts[3]));
}

TEST_F(SystemTest, MemoryIsThatOfTheModelAndTheBareProgram) {
  const std::vector<char> others(400 << 20, 1);  // what the process holds besides
  const double alone = written({.threads = 1}).memory_mb;
  EXPECT_GT(alone, 0);
  EXPECT_LT(alone, 200);
  EXPECT_NEAR(written({.threads = 1}, 100).memory_mb, alone + 100, 20);
}

TEST_F(SystemTest, NamesTheIntentAsTheCorpussWhenNoRequestMayHaveIt) {
  records_.front().intent = std::string(max_intent_bytes + 1, 'a');
  const auto answer = updraft_system({.model = model(), .load = {.threads = 1}}).value()({records_.front(), 3, 7});
  EXPECT_EQ(answer.error().code, ErrorCode::invalid_argument);
  EXPECT_NE(answer.error().message.find("of the corpus"), std::string::npos);
}

}  // namespace
}  // namespace updraft::eval
