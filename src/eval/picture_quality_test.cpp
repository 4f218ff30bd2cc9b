#include "eval/picture_quality.h"

#include <gtest/gtest.h>

#include <numeric>

namespace updraft::eval {
namespace {

TEST(PictureQuality, ATagIsTrueThatIsATagOrStandsInTheTitle) {
  const Drawing drawing{.title = "Two Cats and a fire-truck", .tags = {"animal", "road sign"}};
  const std::vector<std::string> names = {"cat", "fire truck", "animal", "sign", "truck", "road", "an", "ire", "dog"};
  EXPECT_EQ(true_tags(drawing, names), (std::vector<bool>{true, true, true, true, true, true, false, false, false}));
}

// Twelve pictures and texts along twelve axes; those of item 0 are what a test makes of them.
Points axes() {
  Points points{12, std::vector<float>(144), std::vector<float>(144)};
  for (std::size_t i = 0; i < 12; ++i) points.pictures[i * 13] = points.texts[i * 13] = 1;
  return points;
}
std::vector<std::size_t> all() {
  std::vector<std::size_t> items(12);
  std::iota(items.begin(), items.end(), std::size_t{0});
  return items;
}

TEST(PictureQuality, WhatStandsWhereItsTextDoesIsFound) {
  const auto figures = measure_found(axes(), all(), all());
  EXPECT_EQ(figures.text_to_picture.value(), 1);
  EXPECT_EQ(figures.picture_to_text.value(), 1);
  EXPECT_EQ(figures.text_to_picture_no_hubs.n, 12U);
}

TEST(PictureQuality, WhatHasTenOthersBeforeItIsNotFound) {
  Points points = axes();
  // Eleven pictures stand where text 0 does, and its own elsewhere.
  for (std::size_t i = 0; i < 12; ++i) {
    for (std::size_t c = 0; c < 12; ++c) points.pictures[i * 12 + c] = c == (i == 0 ? 1 : 0) ? 1.0F : 0.0F;
  }
  const std::vector<std::size_t> asked = {0};
  EXPECT_EQ(measure_found(points, asked, {}).text_to_picture.value(), 0);
  // Text 1 is the same as text 0: its picture is as good.
  for (std::size_t c = 0; c < 12; ++c) points.texts[12 + c] = points.texts[c];
  EXPECT_EQ(measure_found(points, asked, {}).text_to_picture.value(), 0);
  EXPECT_EQ(measure_found(points, asked, {}).same_text.value(), 1);
}

TEST(PictureQuality, TagsAreCountedByWhatTheVocabularyHas) {
  const std::vector<std::string> names = {"cat", "dog", "tree"};
  const std::vector<Drawing> drawings = {{.title = "", .tags = {"cat", "tree", "unknown", "another"}}};
  const std::vector<std::vector<SeenTag>> tags = {{{"cat", 1.0}, {"dog", 0.0}}};
  const auto figures = measure_tags(drawings, tags, names);
  EXPECT_DOUBLE_EQ(figures.recall_10.value(), 0.5);
  EXPECT_DOUBLE_EQ(figures.recall_10_all.value(), 0.25);
  EXPECT_DOUBLE_EQ(figures.right_1.value(), 1);
  EXPECT_DOUBLE_EQ(figures.calibration_error, 0);
}

TEST(PictureQuality, VariantsOfADrawingStayInOnePart) {
  const Drawing one{.id = "a/boat1.svg", .title = "Red boat 1"}, two{.id = "b/x.svg", .title = "red-boat 27"};
  EXPECT_EQ(one.part(), two.part());
  int counts[3] = {};
  for (int i = 0; i < 1000; ++i) {
    const Drawing drawing{.id = std::to_string(i)};
    ++counts[static_cast<int>(drawing.part())];
  }
  EXPECT_NEAR(counts[static_cast<int>(Part::held_out)], 100, 40);
  EXPECT_NEAR(counts[static_cast<int>(Part::dev)], 50, 30);
}

}  // namespace
}  // namespace updraft::eval
