#include "text/utf8.h"

#include <gtest/gtest.h>

namespace updraft::text {
namespace {

std::string utf8(char32_t c) {
  std::string out;
  append_utf8(out, c);
  return out;
}

TEST(Utf8, EveryCharacterSurvivesTheRoundTrip) {
  for (char32_t c = 0; c <= 0x10FFFF; ++c) {
    if (c == 0xD800) c = 0xE000;  // no characters in between
    const std::string bytes = utf8(c);
    std::size_t at = 0;
    ASSERT_TRUE(is_valid_utf8(bytes)) << static_cast<std::uint32_t>(c);
    ASSERT_EQ(next_codepoint(bytes, at), c);
    ASSERT_EQ(at, bytes.size());
  }
}

TEST(Utf8, KnownEncodings) {
  EXPECT_EQ(utf8('a'), "a");
  EXPECT_EQ(utf8(0xE9), "\xc3\xa9");
  EXPECT_EQ(utf8(0x20AC), "\xe2\x82\xac");
  EXPECT_EQ(utf8(0x1F389), "\xf0\x9f\x8e\x89");
  EXPECT_TRUE(is_valid_utf8(""));
}

TEST(Utf8, WhatIsInvalidIsReplacedByteByByte) {
  for (const std::string_view bad :
       {"\x80", "\xbf", "\xc0\x80", "\xc1\xbf", "\xc3", "\xe0\x9f\xbf", "\xe2\x82", "\xed\xa0\x80", "\xf0\x8f\xbf\xbf",
        "\xf0\x9f\x8e", "\xf4\x90\x80\x80", "\xf5\x80\x80\x80", "\xf8", "\xff"}) {
    EXPECT_FALSE(is_valid_utf8(bad)) << testing::PrintToString(bad);
    EXPECT_FALSE(is_valid_utf8("a" + std::string(bad) + "b"));
    for (std::size_t at = 0; at < bad.size();) {
      const std::size_t before = at;
      EXPECT_EQ(next_codepoint(bad, at), U'\uFFFD');
      EXPECT_EQ(at, before + 1);
    }
  }
}

TEST(Utf8, AfterABadByteTheNextCharacterIsRead) {
  const std::string_view text = "\xe2\x82x";
  std::size_t at = 0;
  EXPECT_EQ(next_codepoint(text, at), U'\uFFFD');
  EXPECT_EQ(next_codepoint(text, at), U'\uFFFD');
  EXPECT_EQ(next_codepoint(text, at), U'x');
}

TEST(Utf8, WhatIsNoneIsTakenForLatin1) {
  EXPECT_EQ(utf8_or_latin1("caf\xc3\xa9"), "caf\xc3\xa9");
  EXPECT_EQ(utf8_or_latin1("caf\xe9"), "caf\xc3\xa9");
  EXPECT_EQ(utf8_or_latin1(""), "");
}

}  // namespace
}  // namespace updraft::text
