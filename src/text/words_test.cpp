#include "text/words.h"

#include <gtest/gtest.h>

#include "text/unicode.h"

namespace updraft::text {
namespace {

TEST(Words, AreWhatAReaderCounts) {
  EXPECT_EQ(count_words(""), 0u);
  EXPECT_EQ(count_words("  \t\n "), 0u);
  EXPECT_EQ(count_words("holiday"), 1u);
  EXPECT_EQ(count_words(" holiday  sale\n"), 2u);
  EXPECT_EQ(count_words("red-and-white"), 1u);
  EXPECT_EQ(count_words("A - B"), 2u);
  EXPECT_EQ(count_words("20% off"), 2u);
  EXPECT_EQ(count_words("&"), 0u);
  EXPECT_EQ(count_words("salt & pepper"), 2u);
  EXPECT_EQ(count_words("\"quoted,\" (50) ... yes!"), 3u);
}

TEST(Words, OfAnyScriptCount) {
  EXPECT_EQ(count_words("caf\u00e9 \u041f\u0440\u0438\u0432\u0435\u0442 \u0928\u092e\u0938\u094d\u0924\u0947"), 3u);
  EXPECT_EQ(count_words("\u65e5\u672c \u0663 \u00bd"), 3u);
  EXPECT_EQ(count_words("a\u00a0b\u2003c\u3000d"), 4u);
  EXPECT_EQ(count_words("\U0001f389 party \u2014 \u2764\ufe0f"), 1u);
}

TEST(Words, InvalidBytesAreNoLetters) {
  EXPECT_EQ(count_words("\xff \xc3"), 0u);
  EXPECT_EQ(count_words("a\xff"
                        "b \xe2\x82 c"),
            2u);
}

TEST(CharClass, KnowsSpacesLettersAndNumbers) {
  for (const char32_t c :
       {U' ', U'\t', U'\v', U'\u0085', U'\u00a0', U'\u1680', U'\u200a', U'\u2029', U'\u202f', U'\u3000'})
    EXPECT_EQ(char_class(c), CharClass::space) << static_cast<std::uint32_t>(c);
  for (const char32_t c : {U'a', U'Z', U'\u00aa', U'\u00e9', U'\u01c5', U'\u4e2d', U'\U0002ebf0', U'\U0002ee5d'})
    EXPECT_EQ(char_class(c), CharClass::letter) << static_cast<std::uint32_t>(c);
  for (const char32_t c : {U'0', U'9', U'\u00b2', U'\u00bd', U'\u0663', U'\u2167', U'\U0001d7ce'})
    EXPECT_EQ(char_class(c), CharClass::number) << static_cast<std::uint32_t>(c);
  for (const char32_t c :
       {U'\0', U'-', U'\x7f', U'\u0301', U'\u200b', U'\ufeff', U'\ufffd', U'\U0001f389', U'\U0002ee5e'})
    EXPECT_EQ(char_class(c), CharClass::other) << static_cast<std::uint32_t>(c);
}

TEST(CharClass, OfWhatIsNoCharacterIsOther) {
  EXPECT_EQ(char_class(0xD800), CharClass::other);
  EXPECT_EQ(char_class(0x110000), CharClass::other);
  EXPECT_EQ(char_class(0xFFFFFFFF), CharClass::other);
}

}  // namespace
}  // namespace updraft::text
