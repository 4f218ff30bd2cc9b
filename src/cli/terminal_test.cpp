#include "cli/terminal.h"

#include <gtest/gtest.h>

namespace updraft::cli {
namespace {

TEST(Printable, LeavesTextAlone) {
  for (const char* text : {"holiday sale", "Grüße, 世界", "👩‍👩‍👧 family", "50% off & more", ""}) {
    EXPECT_EQ(printable(text), text);
  }
}

TEST(Printable, TurnsWhiteSpaceIntoSpaces) { EXPECT_EQ(printable("a\tb\nc\r\nd\u2028e\u00A0f"), "a b c  d e f"); }

TEST(Printable, DisarmsWhatSteersATerminal) {
  EXPECT_EQ(printable("\033[31mred"), "\uFFFD[31mred");
  EXPECT_EQ(printable("\033]0;title\a"), "\uFFFD]0;title\uFFFD");
  EXPECT_EQ(printable("\u009B31m"), "\uFFFD31m");
  EXPECT_EQ(printable("a\bb\x7F"), "a\uFFFDb\uFFFD");
  EXPECT_EQ(printable("\u202Etxt.exe"), "\uFFFDtxt.exe");
  EXPECT_EQ(printable(std::string("a\0b", 3)), "a\uFFFDb");
}

TEST(Printable, ReplacesInvalidBytes) {
  EXPECT_EQ(printable("a\xFF"
                      "b\xC3"),
            "a\uFFFDb\uFFFD");
}

TEST(DisplayWidth, CountsColumns) {
  EXPECT_EQ(display_width("abc"), 3U);
  EXPECT_EQ(display_width("é"), 1U);
  EXPECT_EQ(display_width("e\u0301"), 1U);
  EXPECT_EQ(display_width("世界"), 4U);
}

TEST(Wrap, BreaksBetweenWordsAndIndents) {
  EXPECT_EQ(wrap("one two three four", 10, 2, 2), "one two\n  three\n  four");
  EXPECT_EQ(wrap("one two", 7, 0, 0), "one two");
  EXPECT_EQ(wrap("one two", 6, 0, 0), "one\ntwo");
  EXPECT_EQ(wrap("世界 世界", 8, 0, 0), "世界\n世界");
}

TEST(Wrap, LeavesAWordThatIsTooWideWhole) {
  EXPECT_EQ(wrap("a incomprehensible b", 5, 0, 0), "a\nincomprehensible\nb");
}

TEST(Wrap, LeavesALineWholeWithoutAWidth) { EXPECT_EQ(wrap("a  long line stays", 0, 0, 0), "a  long line stays"); }

TEST(Terminal, OfAFileIsPlain) {
  std::FILE* file = std::tmpfile();
  ASSERT_NE(file, nullptr);
  const Terminal terminal = Terminal::of(file);
  std::fclose(file);
  EXPECT_FALSE(terminal.colour);
  EXPECT_EQ(terminal.width, 0U);
  EXPECT_EQ(terminal.title("query"), "query");
}

}  // namespace
}  // namespace updraft::cli
