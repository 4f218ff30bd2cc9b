#include "encode/word_piece.h"

#include <gtest/gtest.h>

#include "encode/golden.h"
#include "files/test_folder.h"

namespace updraft::encode {
namespace {

constexpr std::size_t no_limit = 256;

std::vector<std::string> tokens_of(const WordPiece& tokenizer, std::string_view text,
                                   std::size_t max_tokens = no_limit) {
  std::vector<std::string> tokens;
  for (const TokenId id : tokenizer.encode(text, max_tokens)) tokens.emplace_back(tokenizer.token(id));
  return tokens;
}
using Tokens = std::vector<std::string>;

class Small : public testing::Test {
 protected:
  WordPiece tokenizer_ =
      WordPiece::parse("[PAD]\n[UNK]\n[CLS]\n[SEP]\nsale\nsal\n##e\n##es\n!\ncafe\nc\n中\n[\n]\nsep\n").value();
};

// The file's vocabulary is cut down to the tokens that the texts need.
TEST(WordPiece, GivesTheReferencesTokens) {
  const auto tokenizer = WordPiece::open(test::testdata + "vocab.txt");
  ASSERT_TRUE(tokenizer.has_value()) << tokenizer.error().message;
  const auto all = test::read_golden();
  ASSERT_GT(all.size(), 100U);
  for (const test::Golden& golden : all) EXPECT_EQ(tokens_of(*tokenizer, golden.text), golden.tokens) << golden.text;
}

TEST_F(Small, TakesTheLongestPieceFirst) {
  EXPECT_EQ(tokens_of(tokenizer_, "sale cafees"), (Tokens{"[CLS]", "sale", "cafe", "##es", "[SEP]"}));
}

TEST_F(Small, DropsCaseAccentsAndControlCharacters) {
  EXPECT_EQ(tokens_of(tokenizer_, "CAF\u00c9\u200b cafe\u0301 sa\x01le"),
            (Tokens{"[CLS]", "cafe", "cafe", "sale", "[SEP]"}));
}

TEST_F(Small, SetsPunctuationAndChineseCharactersApart) {
  EXPECT_EQ(tokens_of(tokenizer_, "sale!sale\u4e2dcafe"),
            (Tokens{"[CLS]", "sale", "!", "sale", "\u4e2d", "cafe", "[SEP]"}));
}

TEST_F(Small, AWordThatCannotBeCutIsUnknownAsAWhole) {
  EXPECT_EQ(tokens_of(tokenizer_, "salex sale"), (Tokens{"[CLS]", "[UNK]", "sale", "[SEP]"}));
  EXPECT_EQ(tokens_of(tokenizer_, std::string(101, 'c')), (Tokens{"[CLS]", "[UNK]", "[SEP]"}));
}

TEST_F(Small, ControlTokensCannotBeTyped) {
  EXPECT_EQ(tokens_of(tokenizer_, "[SEP]"), (Tokens{"[CLS]", "[", "sep", "]", "[SEP]"}));
}

TEST_F(Small, KeepsTheBeginningOfALongText) {
  EXPECT_EQ(tokens_of(tokenizer_, "sale ! sales", 4), (Tokens{"[CLS]", "sale", "!", "[SEP]"}));
  EXPECT_EQ(tokens_of(tokenizer_, "sale", 2), (Tokens{"[CLS]", "[SEP]"}));
  EXPECT_EQ(tokens_of(tokenizer_, ""), (Tokens{"[CLS]", "[SEP]"}));
}

TEST_F(Small, TakesAnyBytes) {
  std::string bytes;
  for (int first = 0; first < 256; ++first) {
    for (int second = 0; second < 256; ++second) bytes += {static_cast<char>(first), static_cast<char>(second), ' '};
  }
  const auto ids = tokenizer_.encode(bytes, 1 << 20);
  EXPECT_GT(ids.size(), 1000U);
  for (const TokenId id : ids) EXPECT_LT(static_cast<std::size_t>(id), tokenizer_.size());
  EXPECT_EQ(tokens_of(tokenizer_, "sa\xffle \xed\xa0\x80 \xc0\x80"), (Tokens{"[CLS]", "sale", "[SEP]"}));
}

TEST(WordPiece, RefusesWhatIsNoVocabulary) {
  const files::test::Folder folder;
  const auto error = [&](const std::string& content) { return WordPiece::parse(content).error(); };
  EXPECT_EQ(error("").code, ErrorCode::corrupt);
  EXPECT_EQ(error("[UNK]\n[CLS]\na\n").code, ErrorCode::corrupt);
  EXPECT_EQ(error("[UNK]\n[CLS]\n[SEP]\na\na\n").code, ErrorCode::corrupt);
  EXPECT_EQ(error(std::string(17 << 20, 'a')).code, ErrorCode::corrupt);
  const auto path = folder.write("vocab.txt", "nothing");
  EXPECT_TRUE(WordPiece::open(path).error().message.starts_with(path.string() + ": "));
  EXPECT_EQ(WordPiece::open(folder / "missing").error().code, ErrorCode::not_found);
}

TEST(WordPiece, ReadsLinesThatEndAsOnWindows) {
  const auto tokenizer = WordPiece::parse("[UNK]\r\n[CLS]\r\n[SEP]\r\nsale");
  ASSERT_TRUE(tokenizer.has_value());
  EXPECT_EQ(tokens_of(*tokenizer, "sale"), (Tokens{"[CLS]", "sale", "[SEP]"}));
}

}  // namespace
}  // namespace updraft::encode
