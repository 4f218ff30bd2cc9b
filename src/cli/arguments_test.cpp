#include "cli/arguments.h"

#include <gtest/gtest.h>

#include <array>

namespace updraft::cli {
namespace {

constexpr std::array<std::string_view, 5> tasks = {"query", "related", "template", "image", "all"};

TEST(Closest, FindsTypingMistakes) {
  EXPECT_EQ(closest("templat", tasks), "template");
  EXPECT_EQ(closest("tmeplate", tasks), "template");
  EXPECT_EQ(closest("qeury", tasks), "query");
  EXPECT_EQ(closest("images", tasks), "image");
  EXPECT_EQ(closest("al", tasks), "all");
}

TEST(Closest, CompletesABeginning) { EXPECT_EQ(closest("temp", tasks), "template"); }

TEST(Closest, SaysNothingWhenNothingIsNear) {
  EXPECT_EQ(closest("video", tasks), std::nullopt);
  EXPECT_EQ(closest("", tasks), std::nullopt);
  EXPECT_EQ(closest(std::string(1 << 20, 'q'), tasks), std::nullopt);
}

TEST(Quote, CutsLongTextBetweenCharacters) {
  EXPECT_EQ(quote("short"), "'short'");
  std::string text(59, 'a');
  text += "éé";  // two bytes each: the 60th byte is the middle of the first
  EXPECT_EQ(quote(text), "'" + std::string(59, 'a') + "...'");
}

TEST(ReadInteger, TakesTheWholeRange) {
  EXPECT_EQ(read_integer("-n", "1", 1, 64), 1U);
  EXPECT_EQ(read_integer("-n", "64", 1, 64), 64U);
  EXPECT_EQ(read_integer("--seed", "18446744073709551615", 0, UINT64_MAX), UINT64_MAX);
}

TEST(ReadInteger, RefusesWhatIsNoNumberInRange) {
  for (const char* typed : {"0", "65", "-1", "", "x", "8x", " 8", "8 ", "1.5", "0x8", "99999999999999999999999"}) {
    const auto read = read_integer("-n", typed, 1, 64);
    ASSERT_FALSE(read) << typed;
    EXPECT_EQ(read.error().code, ErrorCode::invalid_argument);
    EXPECT_EQ(read.error().message, "-n must be a whole number from 1 to 64, not '" + std::string(typed) + "'");
  }
}

TEST(ReadNumber, TakesFractionsAndRefusesTheRest) {
  EXPECT_FLOAT_EQ(read_number("--temperature", "0.6", 0, 2).value(), 0.6F);
  EXPECT_FLOAT_EQ(read_number("--temperature", "0", 0, 2).value(), 0);
  for (const char* typed : {"-0.1", "2.01", "nan", "inf", "", "warm", "1,5"}) {
    EXPECT_FALSE(read_number("--temperature", typed, 0, 2)) << typed;
  }
}

TEST(ReadWords, TakesOneNumberOrARange) {
  const auto exact = read_words("--words", "5").value();
  EXPECT_EQ(exact.min, 5);
  EXPECT_EQ(exact.max, 5);
  const auto range = read_words("--words", "5-30").value();
  EXPECT_EQ(range.min, 5);
  EXPECT_EQ(range.max, 30);
}

TEST(ReadWords, RefusesWhatIsNoRange) {
  for (const char* typed : {"", "0", "0-5", "5-", "-5", "5-100", "100", "a-b", "5-6-7", "5..6", "5 - 6"}) {
    EXPECT_FALSE(read_words("--words", typed)) << typed;
  }
  EXPECT_EQ(read_words("--words", "30-5").error().message,
            "--words has its ends the wrong way round: '30-5'; did you mean '5-30'?");
}

}  // namespace
}  // namespace updraft::cli
