// Charts as SVG: lines and points over two axes, for people to look at.
#pragma once

#include <string>
#include <string_view>
#include <vector>

namespace updraft::plot {

struct Point {
  double x = 0;
  double y = 0;
};

enum class Mark { line, faint_line, dots };

struct Series {
  std::string name;  // written beside the chart; empty: not
  std::vector<Point> points;
  Mark mark = Mark::line;
};

struct Chart {
  std::string title;
  std::string x_label;
  std::string y_label;
  std::vector<Series> series;  // a colour each, by their order
  bool diagonal = false;       // draws y = x, where what was asked is what came
  bool logarithmic = false;    // both axes
};

// Points that are not finite are left out, and on logarithmic axes those that are not above 0. Axes cover all points
// and end at round numbers.
[[nodiscard]] std::string to_svg(const Chart& chart);

// About `n` round numbers (1, 2 or 5 times a power of ten) that cover [low, high], in increasing order.
[[nodiscard]] std::vector<double> ticks(double low, double high, int n);
// All of 1, 2 and 5 times a power of ten that [low, high] needs to be covered, in increasing order. 0 < low <= high.
[[nodiscard]] std::vector<double> logarithmic_ticks(double low, double high);

}  // namespace updraft::plot
