#include "cli/lines.h"

#include <gtest/gtest.h>

#include <memory>

namespace updraft::cli {
namespace {

// The lines of `text`; those that are too long as "<too long>".
std::vector<std::string> lines_of(std::string text, std::size_t max_bytes) {
  const std::unique_ptr<std::FILE, int (*)(std::FILE*)> stream(::fmemopen(text.data(), text.size(), "r"), &std::fclose);
  LineReader reader(stream.get(), max_bytes);
  std::vector<std::string> lines;
  for (;;) {
    const auto line = reader.next().value();
    if (!line) return lines;
    lines.push_back(line->too_long ? "<too long>" : line->text);
  }
}

using Lines = std::vector<std::string>;

TEST(LineReader, SplitsAtLineEndsOfBothKinds) { EXPECT_EQ(lines_of("a\nb\r\nc\n", 10), (Lines{"a", "b", "c"})); }

TEST(LineReader, KeepsEmptyLinesAndTheLastOneWithoutAnEnd) {
  EXPECT_EQ(lines_of("\n\na", 10), (Lines{"", "", "a"}));
  EXPECT_EQ(lines_of("\r\n", 10), (Lines{""}));
}

TEST(LineReader, TakesLinesUpToTheLimit) {
  EXPECT_EQ(lines_of("12345\n123456\nx\n", 5), (Lines{"12345", "<too long>", "x"}));
  EXPECT_EQ(lines_of("12345\r\n123456\r\nx", 5), (Lines{"12345", "<too long>", "x"}));
  EXPECT_EQ(lines_of("123456", 5), (Lines{"<too long>"}));
}

TEST(LineReader, ReadsPastAMegabyte) {
  EXPECT_EQ(lines_of(std::string(1 << 20, 'a') + "\nnext\n", 4096), (Lines{"<too long>", "next"}));
}

TEST(LineReader, KeepsEveryOtherByte) {
  const std::string text("a\0b\r\xFF", 5);
  EXPECT_EQ(lines_of(text + "\n", 10), (Lines{text}));
}

}  // namespace
}  // namespace updraft::cli
