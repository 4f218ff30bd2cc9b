#include "suggest/command.h"

#include <gtest/gtest.h>

#include "suggest/small_model.h"

namespace updraft::suggest {
namespace {

TEST(Command, WritesTaskWordsAndReturnBetweenControlTokens) {
  const auto file = nn::test::as_file(test::small_model(test::Controls::named));
  const auto tokenizer = text::Tokenizer::from(*file.file).value();
  const auto encoder = CommandEncoder::from(tokenizer).value();
  const auto digit = [&](const char* d) { return tokenizer.encode(d).front(); };
  const auto id = [&](const char* name) { return tokenizer.control(name); };
  EXPECT_EQ(encoder.command({Task::template_, 14, 9}),
            (std::vector{id("<|template|>"), digit("1"), digit("4"), digit("9"), id("<|prompt|>")}));
  EXPECT_EQ(encoder.command({Task::query, 4, 0}),
            (std::vector{id("<|query|>"), digit("4"), digit("0"), id("<|prompt|>")}));
  std::vector<text::TokenId> prefix = tokenizer.encode("red sign");
  prefix.insert(prefix.begin(), tokenizer.bos());
  EXPECT_EQ(encoder.prefix(tokenizer, "red sign"), prefix);
}

TEST(Command, CanTellTheTaskAlone) {
  const auto file = nn::test::as_file(test::small_model(test::Controls::named));
  const auto tokenizer = text::Tokenizer::from(*file.file).value();
  const auto encoder = CommandEncoder::from(tokenizer).value().task_only();
  EXPECT_EQ(encoder.command({Task::image, 14, 9}),
            (std::vector{tokenizer.control("<|image|>"), tokenizer.control("<|prompt|>")}));
  EXPECT_EQ(encoder.prefix(tokenizer, "red sign"), CommandEncoder::from(tokenizer)->prefix(tokenizer, "red sign"));
}

TEST(Command, NeedsTheControlTokens) {
  const auto file = nn::test::as_file(test::small_model(test::Controls::absent));
  const auto encoder = CommandEncoder::from(text::Tokenizer::from(*file.file).value());
  ASSERT_FALSE(encoder);
  EXPECT_EQ(encoder.error().code, ErrorCode::unsupported);
}

TEST(Task, NamesAreFoundAgain) {
  for (std::size_t i = 0; i < task_count; ++i) {
    const auto task = static_cast<Task>(i);
    EXPECT_EQ(task_from_name(name(task)), task);
  }
  EXPECT_FALSE(task_from_name("templates"));
}

}  // namespace
}  // namespace updraft::suggest
