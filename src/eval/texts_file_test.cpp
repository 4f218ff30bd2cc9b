#include "eval/texts_file.h"

#include <gtest/gtest.h>

#include <fstream>

#include "files/test_folder.h"

namespace updraft::eval {
namespace {

Written example() {
  Written written{.texts = {}, .tokens = 120, .seconds = 2.5, .memory_mb = 812.25};
  written.texts[0] = {{"red \"sale\" sign", 3}, {"café", 0}};
  written.texts[3] = {{"a picture", 14}};
  return written;
}

void expect_equal(const Written& a, const Written& b) {
  EXPECT_EQ(a.tokens, b.tokens);
  EXPECT_EQ(a.seconds, b.seconds);
  EXPECT_EQ(a.memory_mb, b.memory_mb);
  for (std::size_t t = 0; t < a.texts.size(); ++t) {
    ASSERT_EQ(a.texts[t].size(), b.texts[t].size());
    for (std::size_t i = 0; i < a.texts[t].size(); ++i) {
      EXPECT_EQ(a.texts[t][i].text, b.texts[t][i].text);
      EXPECT_EQ(a.texts[t][i].asked, b.texts[t][i].asked);
    }
  }
}

TEST(TextsLine, IsReadBackAsItWas) {
  const std::string line = to_line("holiday sale", example());
  EXPECT_EQ(line.find('\n'), std::string::npos);
  const auto read = parse_line(line);
  ASSERT_TRUE(read.has_value()) << read.error().message;
  EXPECT_EQ(read->first, "holiday sale");
  expect_equal(read->second, example());
}

TEST(TextsLine, RefusesWhatIsNone) {
  const std::string good = to_line("a", Written());
  ASSERT_TRUE(parse_line(good).has_value());
  const auto changed = [&](const std::string& from, const std::string& to) {
    std::string line = good;
    const auto at = line.find(from);
    EXPECT_NE(at, std::string::npos) << from;
    return line.replace(at, from.size(), to);
  };
  for (const std::string& line :
       {std::string(), std::string("[]"), std::string("{}"), good.substr(0, good.size() / 2), changed("\"a\"", "7"),
        changed("\"query\":[]", "\"query\":[\"a\"]"), changed("\"query\":[]", "\"query\":[{\"asked\":3}]"),
        changed("\"query\":[]", "\"query\":[{\"asked\":1e9,\"text\":\"a\"}]"), changed("\"query\":[]", "\"query\":{}"),
        changed("\"image\":[]", "\"picture\":[]"), changed("\"tokens\":0", "\"tokens\":-1"),
        changed("\"tokens\":0", "\"tokens\":1e300"), changed("\"seconds\":0.0", "\"seconds\":null")}) {
    EXPECT_EQ(parse_line(line).error().code, ErrorCode::corrupt) << line;
  }
}

TEST(TextsFile, GoesOnWithWhatItHolds) {
  const files::test::Folder folder;
  {
    auto file = TextsFile::open(folder / "a.jsonl", "n 8");
    ASSERT_TRUE(file.has_value()) << file.error().message;
    EXPECT_EQ(file->find("holiday sale"), nullptr);
    ASSERT_TRUE(file->add("holiday sale", example()));
    ASSERT_NE(file->find("holiday sale"), nullptr);
  }
  std::ofstream(folder / "a.jsonl", std::ios::app) << R"({"intent":"torn","te)";  // killed while it wrote
  auto file = TextsFile::open(folder / "a.jsonl", "n 8");
  ASSERT_TRUE(file.has_value()) << file.error().message;
  ASSERT_NE(file->find("holiday sale"), nullptr);
  expect_equal(*file->find("holiday sale"), example());
  EXPECT_EQ(file->find("torn"), nullptr);
  ASSERT_TRUE(file->add("red sign", Written()));
}

TEST(TextsFile, DoesNotMixSettings) {
  const files::test::Folder folder;
  ASSERT_TRUE(TextsFile::open(folder / "a.jsonl", "n 8").has_value());
  const auto file = TextsFile::open(folder / "a.jsonl", "n 4");
  EXPECT_EQ(file.error().code, ErrorCode::invalid_argument);
  EXPECT_NE(file.error().message.find("other settings"), std::string::npos);
}

TEST(TextsFile, NamesTheLineThatIsBroken) {
  const files::test::Folder folder;
  ASSERT_TRUE(TextsFile::open(folder / "a.jsonl", "n 8")->add("a", Written()));
  std::ofstream(folder / "a.jsonl", std::ios::app) << "{}\n";
  const auto file = TextsFile::open(folder / "a.jsonl", "n 8");
  EXPECT_EQ(file.error().code, ErrorCode::corrupt);
  EXPECT_NE(file.error().message.find("a.jsonl:3"), std::string::npos) << file.error().message;
}

}  // namespace
}  // namespace updraft::eval
