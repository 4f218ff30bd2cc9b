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

TEST(Chart, StandsWithoutAnyPoint) { EXPECT_TRUE(to_svg({}).ends_with("</svg>\n")); }

}  // namespace
}  // namespace updraft::plot
