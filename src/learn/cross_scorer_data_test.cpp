#include "learn/cross_scorer_data.h"

#include <gtest/gtest.h>

#include <algorithm>

#include "encode/small_bert.h"
#include "files/test_folder.h"

namespace updraft::learn {
namespace {

TEST(Nearest, StandFirstButForThoseThatAreTooNear) {
  const std::vector<float> points = {1, 0, 0, 1, 0.8F, 0.6F, 0.6F, 0.8F};
  const std::vector<float> asked = {1, 0};
  using Lists = std::vector<std::vector<std::size_t>>;
  EXPECT_EQ(nearest(asked, points, 2, 10, 1), (Lists{{0, 2, 3, 1}}));
  EXPECT_EQ(nearest(asked, points, 2, 2, 0.9), (Lists{{2, 3}}));
  EXPECT_EQ(nearest({}, points, 2, 2, 0.9), Lists{});
}

TEST(CrossScorerData, HoldsEachPromptOfTheTeacherAgainstOthers) {
  files::test::Folder folder;
  folder.write("vocab.txt", "[UNK]\n[CLS]\n[SEP]\nred\nfox\nblue\nnight\n");
  folder.write("model.safetensors", encode::test::as_safetensors(encode::test::small_bert(7)));
  const auto encoder = encode::TextEncoder::load(folder.path(), {.threads = 1}).value();
  std::vector<corpus::Record> records(3);
  const std::vector<std::string> intents = {"red fox", "blue night", "fox"};
  for (std::size_t i = 0; i < records.size(); ++i) {
    records[i].intent = intents[i];
    records[i].category = "art";
    for (const Task task : prompt_tasks) {
      records[i].prompts[static_cast<std::size_t>(task)] = {intents[i] + " sleeps", "night " + intents[i]};
    }
  }
  const auto data = CrossScorerData::make(records, encoder, {}, 1, [](std::size_t, std::size_t) { return true; });
  ASSERT_TRUE(data.has_value()) << data.error().message;
  decode::Random random(1);
  for (const Task task : prompt_tasks) {
    const auto items = data->items(task);
    ASSERT_EQ(items.size(), 6U);
    for (const auto& item : items) {
      const CrossExample example = data->example(item, random);
      const auto same = [](std::span<const float> a, const std::vector<float>& b) {
        return std::equal(a.begin(), a.end(), b.begin(), b.end());
      };
      EXPECT_EQ(example.task, task);
      EXPECT_TRUE(same(example.intent, encoder.encode(intents[item.question])));
      ASSERT_EQ(example.prompts.size(), CrossScorerData::candidates);
      ASSERT_EQ(example.lexical.size(), CrossScorerData::candidates);
      EXPECT_TRUE(same(example.prompts[0],
                       encoder.encode(records[item.question].prompts[static_cast<std::size_t>(task)][item.prompt])));
    }
  }
  EXPECT_EQ(CrossScorerData::make(records, encoder, {}, 1, [](std::size_t, std::size_t) { return false; }).error().code,
            ErrorCode::cancelled);
}

}  // namespace
}  // namespace updraft::learn
