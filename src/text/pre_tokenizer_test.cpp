#include "text/pre_tokenizer.h"

#include <gtest/gtest.h>

#include <random>
#include <regex>
#include <vector>

namespace updraft::text {
namespace {

using Pieces = std::vector<std::string>;

Pieces split(std::string_view text, bool numbers_alone) {
  Pieces pieces;
  PreTokenizer pre_tokenizer(text, numbers_alone);
  for (auto piece = pre_tokenizer.next(); !piece.empty(); piece = pre_tokenizer.next()) pieces.emplace_back(piece);
  return pieces;
}

// The slow, obvious twin; it knows ASCII only.
Pieces split_by_regex(const std::string& text) {
  static const std::regex expression(
      "'s|'t|'re|'ve|'m|'ll|'d| ?[A-Za-z]+| ?[0-9]+| ?[^\\sA-Za-z0-9]+|\\s+(?!\\S)|\\s+");
  Pieces pieces;
  for (std::sregex_iterator match(text.begin(), text.end(), expression), end; match != end; ++match)
    pieces.push_back(match->str());
  return pieces;
}

Pieces split_by_regex_between_numbers(const std::string& text) {
  Pieces pieces;
  std::string between;
  const auto flush = [&] {
    for (auto& piece : split_by_regex(between)) pieces.push_back(std::move(piece));
    between.clear();
  };
  for (const char c : text) {
    if (c >= '0' && c <= '9') {
      flush();
      pieces.emplace_back(1, c);
    } else {
      between += c;
    }
  }
  flush();
  return pieces;
}

TEST(PreTokenizer, AgreesWithTheRegularExpression) {
  constexpr std::string_view alphabet = "   \t\n''sstdmlrevea'AZ109.-_!";
  std::mt19937 random(1);
  for (int round = 0; round < 20000; ++round) {
    std::string text;
    for (auto length = random() % 16; length > 0; --length) text += alphabet[random() % alphabet.size()];
    ASSERT_EQ(split(text, false), split_by_regex(text)) << testing::PrintToString(text);
    ASSERT_EQ(split(text, true), split_by_regex_between_numbers(text)) << testing::PrintToString(text);
  }
}

TEST(PreTokenizer, NumbersStandAloneWhenAsked) {
  EXPECT_EQ(split("in 2024 \u00bd", false), (Pieces{"in", " 2024", " \u00bd"}));
  EXPECT_EQ(split("in 2024 \u00bd", true), (Pieces{"in", " ", "2", "0", "2", "4", " ", "\u00bd"}));
}

TEST(PreTokenizer, KnowsLettersNumbersAndSpacesOfAllScripts) {
  EXPECT_EQ(split("caf\u00e9 \u4e2d\u6587\u0663\u2167", false), (Pieces{"caf\u00e9", " \u4e2d\u6587", "\u0663\u2167"}));
  EXPECT_EQ(split("e\u0301", false), (Pieces{"e", "\u0301"}));
  EXPECT_EQ(split("a\u3000b", false), (Pieces{"a", "\u3000", "b"}));
  EXPECT_EQ(split("a\u00a0\u00a0 b", false), (Pieces{"a", "\u00a0\u00a0", " b"}));
  EXPECT_EQ(split("\U0001f389\U0001f389!", false), (Pieces{"\U0001f389\U0001f389!"}));
}

TEST(PreTokenizer, PiecesOfAnyRepairedBytesMakeUpTheText) {
  std::mt19937 random(2);
  for (int round = 0; round < 20000; ++round) {
    std::string bytes;
    for (auto length = random() % 24; length > 0; --length) bytes += static_cast<char>(random());
    const std::string text = repair_utf8(bytes);
    std::string together;
    for (const auto& piece : split(text, round % 2 == 0)) together += piece;
    ASSERT_EQ(together, text);
    ASSERT_EQ(repair_utf8(text), text);
  }
}

TEST(RepairUtf8, KeepsWhatIsValid) {
  const std::string text = "a\u00e9\u20ac\U0001f389";
  EXPECT_EQ(repair_utf8(text), text);
}

TEST(RepairUtf8, ReplacesByteByByteButReadsOverlongFormsAndSurrogates) {
  EXPECT_EQ(repair_utf8("a\xff\xe2\x82"
                        "b"),
            "a\ufffd\ufffd\ufffdb");
  EXPECT_EQ(repair_utf8("\xf0\x9f\x8e"), "\ufffd\ufffd\ufffd");
  EXPECT_EQ(repair_utf8("\xc1\x81\xe0\x81\x81"), "AA");
  EXPECT_EQ(repair_utf8("\xed\xa0\x80"), "\xed\xa0\x80");
  EXPECT_EQ(repair_utf8("\xf4\x90\x80\x80"), "\ufffd\ufffd\ufffd\ufffd");
}

}  // namespace
}  // namespace updraft::text
