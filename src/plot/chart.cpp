#include "plot/chart.h"

#include <algorithm>
#include <array>
#include <cmath>
#include <cstdio>
#include <limits>

namespace updraft::plot {
namespace {

constexpr double left = 64, right = 610, height = 420;
constexpr double top = 48, bottom = 56;  // margins; names of series stand to the right of all
constexpr std::array<const char*, 8> colours = {"#2563eb", "#ea580c", "#059669", "#9333ea",
                                                "#475569", "#db2777", "#0891b2", "#a16207"};

const char* colour_of(std::size_t series) { return colours[series % colours.size()]; }

template <class... Values>
void append(std::string& out, const char* format, Values... values) {
  char text[512];
  std::snprintf(text, sizeof text, format, values...);
  out += text;
}

std::string escaped(std::string_view text) {
  std::string out;
  for (const char c : text) {
    if (c == '<') {
      out += "&lt;";
    } else if (c == '>') {
      out += "&gt;";
    } else if (c == '&') {
      out += "&amp;";
    } else {
      out += c;
    }
  }
  return out;
}

bool can_be_drawn(Point p, const Chart& chart) {
  return std::isfinite(p.x) && std::isfinite(p.y) && (!chart.logarithmic || (p.x > 0 && p.y > 0));
}

// From values to the picture.
struct Axis {
  std::vector<double> marks;  // the first and last are the ends
  double from = 0, to = 0;    // where these stand in the picture
  bool logarithmic = false;

  [[nodiscard]] double at(double value) const {
    const auto scaled = [&](double x) { return logarithmic ? std::log10(x) : x; };
    const double first = scaled(marks.front()), last = scaled(marks.back());
    return from + (scaled(value) - first) / (last - first) * (to - from);
  }
};

struct Axes {
  Axis x, y;
};

Axes axes_of(const Chart& chart) {
  constexpr double infinity = std::numeric_limits<double>::infinity();
  Point low{infinity, infinity}, high{-infinity, -infinity};
  for (const Series& series : chart.series) {
    for (const Point p : series.points) {
      if (!can_be_drawn(p, chart)) continue;
      low = {std::min(low.x, p.x), std::min(low.y, p.y)};
      high = {std::max(high.x, p.x), std::max(high.y, p.y)};
    }
  }
  const bool logarithmic = chart.logarithmic;
  if (low.x > high.x) low = logarithmic ? Point{1, 1} : Point{0, 0}, high = {1, 1};
  const auto marks = [&](double from, double to, int n) {
    return logarithmic ? logarithmic_ticks(from, to) : ticks(from, to, n);
  };
  return {{marks(low.x, high.x, 7), left, right, logarithmic},
          {marks(low.y, high.y, 6), height - bottom, top, logarithmic}};
}

void draw_axes(std::string& out, const Axes& axes) {
  for (const double mark : axes.y.marks) {
    const double y = axes.y.at(mark);
    append(out, "<line x1=\"%.1f\" y1=\"%.1f\" x2=\"%.1f\" y2=\"%.1f\" stroke=\"#e2e8f0\"/>", left, y, right, y);
    append(out, "<text x=\"%.1f\" y=\"%.1f\" text-anchor=\"end\">%.6g</text>\n", left - 8, y + 4, mark);
  }
  for (const double mark : axes.x.marks) {
    append(out, "<text x=\"%.1f\" y=\"%.1f\" text-anchor=\"middle\">%.6g</text>\n", axes.x.at(mark),
           height - bottom + 20, mark);
  }
}

void draw_diagonal(std::string& out, const Axes& axes) {
  const double low = std::max(axes.x.marks.front(), axes.y.marks.front());
  const double high = std::min(axes.x.marks.back(), axes.y.marks.back());
  if (low >= high) return;
  append(out, "<line x1=\"%.1f\" y1=\"%.1f\" x2=\"%.1f\" y2=\"%.1f\" stroke=\"#94a3b8\" stroke-dasharray=\"4 4\"/>\n",
         axes.x.at(low), axes.y.at(low), axes.x.at(high), axes.y.at(high));
}

void draw_series(std::string& out, const Axes& axes, const Chart& chart, const Series& series, const char* colour) {
  std::vector<Point> points;  // in the picture
  for (const Point p : series.points) {
    if (can_be_drawn(p, chart)) points.push_back({axes.x.at(p.x), axes.y.at(p.y)});
  }
  if (points.empty()) return;
  if (series.mark == Mark::dots) {
    for (const Point p : points)
      append(out, "<circle cx=\"%.1f\" cy=\"%.1f\" r=\"3\" fill=\"%s\" fill-opacity=\"0.6\"/>", p.x, p.y, colour);
  } else {
    out += "<polyline points=\"";
    for (const Point p : points) append(out, "%.1f,%.1f ", p.x, p.y);
    const bool faint = series.mark == Mark::faint_line;
    append(out, "\" fill=\"none\" stroke=\"%s\" stroke-width=\"%s\" stroke-opacity=\"%s\" stroke-linejoin=\"round\"/>",
           colour, faint ? "1" : "2", faint ? "0.35" : "1");
  }
  out += '\n';
}

// Room for the longest name.
double width_of_names(const std::vector<Series>& all) {
  constexpr double least = 150, mark = 40, a_letter = 7.5;
  double width = least;
  for (const Series& series : all) width = std::max(width, mark + a_letter * static_cast<double>(series.name.size()));
  return width;
}

void draw_names(std::string& out, const std::vector<Series>& all) {
  double y = top + 4;
  for (std::size_t i = 0; i < all.size(); ++i) {
    if (all[i].name.empty()) continue;
    append(out, "<circle cx=\"%.1f\" cy=\"%.1f\" r=\"4\" fill=\"%s\"/>", right + 22, y, colour_of(i));
    append(out, "<text x=\"%.1f\" y=\"%.1f\">", right + 32, y + 4);
    out += escaped(all[i].name) + "</text>\n";
    y += 20;
  }
}

}  // namespace

std::vector<double> ticks(double low, double high, int n) {
  if (!(high > low)) {
    const double around = low == 0 ? 1 : std::abs(low) / 2;
    high = low + around;
    low -= around;
  }
  const double rough = (high - low) / std::max(1, n);
  const double power = std::pow(10, std::floor(std::log10(rough)));
  double step = 10 * power;
  for (const double round : {1.0, 2.0, 5.0}) {
    if (round * power >= rough) {
      step = round * power;
      break;
    }
  }
  std::vector<double> marks;
  const double first = std::floor(low / step + 1e-9), last = std::ceil(high / step - 1e-9);
  const int n_marks = static_cast<int>(last - first) + 1;
  for (int i = 0; i < n_marks; ++i) marks.push_back((first + i) * step);
  return marks;
}

std::vector<double> logarithmic_ticks(double low, double high) {
  std::vector<double> marks;
  for (int power = static_cast<int>(std::floor(std::log10(low)));; ++power) {
    for (const int round : {1, 2, 5}) {
      const double mark = round * std::pow(10, power);
      if (mark <= low) marks.clear();  // a later one covers it as well
      marks.push_back(mark);
      if (mark >= high && marks.size() > 1) return marks;
    }
  }
}

std::string to_svg(const Chart& chart) {
  const Axes axes = axes_of(chart);
  const double width = right + width_of_names(chart.series);
  std::string out;
  append(out,
         "<svg xmlns=\"http://www.w3.org/2000/svg\" viewBox=\"0 0 %g %g\" width=\"%g\" height=\"%g\" "
         "font-family=\"sans-serif\" font-size=\"12\" fill=\"#475569\">\n<rect width=\"100%%\" height=\"100%%\" "
         "fill=\"white\"/>\n",
         width, height, width, height);
  append(out, "<text x=\"%g\" y=\"26\" font-size=\"15\" font-weight=\"600\" fill=\"#0f172a\">", left);
  out += escaped(chart.title) + "</text>\n";
  append(out, "<text x=\"%g\" y=\"%g\" text-anchor=\"middle\">", (left + right) / 2, height - 14);
  out += escaped(chart.x_label) + "</text>\n";
  append(out, "<text transform=\"translate(16 %g) rotate(-90)\" text-anchor=\"middle\">", (top + height - bottom) / 2);
  out += escaped(chart.y_label) + "</text>\n";
  draw_axes(out, axes);
  if (chart.diagonal) draw_diagonal(out, axes);
  for (std::size_t i = 0; i < chart.series.size(); ++i) draw_series(out, axes, chart, chart.series[i], colour_of(i));
  draw_names(out, chart.series);
  return out + "</svg>\n";
}

}  // namespace updraft::plot
