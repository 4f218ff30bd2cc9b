#include "eval/sample.h"

#include <gtest/gtest.h>

#include <algorithm>

namespace updraft::eval {
namespace {

std::vector<corpus::Record> records(int n) {
  std::vector<corpus::Record> all;
  for (int i = 0; i < n; ++i) all.emplace_back().intent = "intent " + std::to_string(i);
  return all;
}

// Each text tells whose it is, and the number of its record.
Exhibit exhibit(const std::string& name, int n, int n_texts) {
  Exhibit exhibit{.name = name, .written = {}};
  for (int i = 0; i < n; ++i) {
    Written& written = exhibit.written.emplace_back();
    for (auto& texts : written.texts) {
      for (int t = 0; t < n_texts; ++t) {
        texts.push_back({name + " of " + std::to_string(i) + ", text " + std::to_string(t)});
      }
    }
  }
  return exhibit;
}

std::size_t count(const std::string& text, const std::string& part) {
  std::size_t n = 0;
  for (std::size_t at = text.find(part); at != std::string::npos; at = text.find(part, at + 1)) ++n;
  return n;
}

TEST(Sample, IsATableAnIntentWithARowASystem) {
  const std::vector<Exhibit> exhibits = {exhibit("teacher", 9, 3), exhibit("updraft", 9, 8)};
  const std::string text = sample(records(9), exhibits, {.intents = 4, .seed = 1});
  EXPECT_EQ(count(text, "### intent "), 4U);
  EXPECT_EQ(count(text, "| teacher |"), 4U);
  EXPECT_EQ(count(text, "| updraft |"), 4U);
  EXPECT_EQ(count(text, "| query | related | template | image |"), 4U);
  // Rows stand under their own intent.
  for (int i = 0; i < 9; ++i) {
    const bool chosen = count(text, "### intent " + std::to_string(i) + "\n") == 1;
    EXPECT_EQ(count(text, "updraft of " + std::to_string(i) + ","), chosen ? 4U : 0U);
  }
  EXPECT_EQ(sample(records(9), exhibits, {.intents = 4, .seed = 1}), text);
  EXPECT_NE(sample(records(9), exhibits, {.intents = 4, .seed = 2}), text);
  EXPECT_EQ(count(sample(records(9), exhibits, {.intents = 40, .seed = 1}), "### intent "), 9U);
}

TEST(Sample, DrawsAnyOfASystemsTexts) {
  const std::vector<Exhibit> exhibits = {exhibit("updraft", 100, 4)};
  const std::string text = sample(records(100), exhibits, {.intents = 100, .seed = 0});
  for (int t = 0; t < 4; ++t) {
    EXPECT_NEAR(static_cast<double>(count(text, ", text " + std::to_string(t) + " |")), 100, 35);
  }
}

TEST(Sample, ShowsTextsAsTheyAre) {
  Exhibit odd = exhibit("odd", 1, 0);
  odd.written[0].texts[0] = {{"a | b\n# <b> *c*"}};
  const std::string text = sample(records(1), std::vector{odd}, {.intents = 1});
  EXPECT_NE(text.find("| a \\| b \\# \\<b\\> \\*c\\* | (nothing) |"), std::string::npos) << text;
}

TEST(Sample, HidesWhoseTextsTheyAreUntilTheEnd) {
  std::vector<Exhibit> exhibits;
  for (const std::string name : {"teacher", "updraft", "chat"}) {
    Exhibit& hidden = exhibits.emplace_back(exhibit("x", 20, 1));
    hidden.name = name;
  }
  const std::string text = sample(records(20), exhibits, {.intents = 20, .seed = 3, .blind = true});
  const auto end = text.find("### Whose they are");
  ASSERT_NE(end, std::string::npos);
  EXPECT_EQ(text.substr(0, end).find("teacher"), std::string::npos);
  EXPECT_EQ(count(text.substr(0, end), "| A |"), 20U);
  for (const std::string first : {"A teacher", "A updraft", "A chat"}) EXPECT_GT(count(text.substr(end), first), 0U);
}

}  // namespace
}  // namespace updraft::eval
