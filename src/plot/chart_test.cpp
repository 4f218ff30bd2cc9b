#include "plot/chart.h"

#include <gtest/gtest.h>

#include <cmath>

namespace updraft::plot {
namespace {

TEST(Ticks, AreRoundAndCoverTheRange) {
  EXPECT_EQ(ticks(0, 9, 6), (std::vector<double>{0, 2, 4, 6, 8, 10}));
  const auto marks = ticks(3.41, 4.02, 6);
  EXPECT_LE(marks.front(), 3.41);
  EXPECT_GE(marks.back(), 4.02);
  EXPECT_NEAR(marks[1] - marks[0], 0.2, 1e-12);
}

TEST(Ticks, MakeARangeOfASingleValue) {
  for (const double value : {0.0, 5.0, -3.0}) {
    const auto marks = ticks(value, value, 5);
    EXPECT_LT(marks.front(), value);
    EXPECT_GT(marks.back(), value);
    EXPECT_LE(marks.size(), 10U);
  }
}

TEST(LogarithmicTicks, AreRoundAndCoverTheRange) {
  EXPECT_EQ(logarithmic_ticks(3, 40), (std::vector<double>{2, 5, 10, 20, 50}));
  EXPECT_EQ(logarithmic_ticks(1, 10), (std::vector<double>{1, 2, 5, 10}));
  EXPECT_EQ(logarithmic_ticks(0.3, 0.3), (std::vector<double>{0.2, 0.5}));
  EXPECT_EQ(logarithmic_ticks(5, 5), (std::vector<double>{5, 10}));
}

TEST(Chart, DrawsEachSeriesInsideItsAxes) {
  const Chart chart{
      "loss", "step", "nats", {{"train", {{1, 4}, {2, 3}}, Mark::line}, {"dots", {{1, 3.5}}, Mark::dots}}};
  const std::string svg = to_svg(chart);
  EXPECT_NE(svg.find("<polyline points=\"64.0,48.0 610.0,364.0 \""), std::string::npos) << svg;
  EXPECT_NE(svg.find("<circle cx=\"64.0\" cy=\"206.0\""), std::string::npos) << svg;
  EXPECT_NE(svg.find(">train</text>"), std::string::npos);
}

TEST(Chart, LeavesOutWhatIsNoNumber) {
  const Chart chart{"", "", "", {{"", {{1, NAN}, {INFINITY, 2}, {1, 1}, {2, 2}}, Mark::line}}};
  const std::string svg = to_svg(chart);
  EXPECT_EQ(svg.find("nan"), std::string::npos) << svg;
  EXPECT_EQ(svg.find("inf"), std::string::npos) << svg;
}

// As far from 1 to 10 as from 10 to 100.
TEST(Chart, MayHaveLogarithmicAxes) {
  const Chart chart{.title = "",
                    .x_label = "",
                    .y_label = "",
                    .series = {{"", {{1, 1}, {10, 10}, {100, 100}, {0, 5}, {5, -1}}, Mark::line}},
                    .logarithmic = true};
  const std::string svg = to_svg(chart);
  EXPECT_NE(svg.find("<polyline points=\"64.0,364.0 337.0,206.0 610.0,48.0 \""), std::string::npos) << svg;
}

TEST(Chart, GrowsWithItsLongestName) {
  const auto width = [](const std::string& name) {
    const std::string svg = to_svg({"", "", "", {{name, {{1, 1}}}}});
    return std::stod(svg.substr(svg.find("width=\"") + 7));
  };
  EXPECT_EQ(width("short"), 760);
  EXPECT_GT(width(std::string(40, 'x')), 900);
}

TEST(Chart, EscapesWhatItIsNamed) {
  const std::string svg = to_svg({.title = "a<b & c", .x_label = {}, .y_label = {}, .series = {}});
  EXPECT_NE(svg.find("a&lt;b &amp; c"), std::string::npos);
}

TEST(Chart, StandsWithoutAnyPoint) {
  for (const bool logarithmic : {false, true}) {
    const std::string svg =
        to_svg({.title = {}, .x_label = {}, .y_label = {}, .series = {}, .diagonal = true, .logarithmic = logarithmic});
    EXPECT_TRUE(svg.ends_with("</svg>\n"));
    EXPECT_EQ(svg.find("nan"), std::string::npos) << svg;
  }
}

}  // namespace
}  // namespace updraft::plot
