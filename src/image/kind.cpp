#include "image/kind.h"

#include <algorithm>
#include <cmath>
#include <cstdint>
#include <cstdlib>
#include <numeric>
#include <vector>

#include "image/kind_model.h"

namespace updraft::image {
namespace {

constexpr int slight = 3, strong = 48;  // differences of the brightest channel's values, 0..255
constexpr int run = 16;                 // pixels

int difference(const std::uint8_t* a, const std::uint8_t* b) {
  return std::max({std::abs(a[0] - b[0]), std::abs(a[1] - b[1]), std::abs(a[2] - b[2])});
}

struct Differences {
  std::size_t flat = 0, smooth = 0, edges = 0, straight = 0;
};

// Edges are counted as straight once they have gone on for `run` pixels.
Differences differences_of(const Picture& picture) {
  Differences result;
  std::vector<int> down(static_cast<std::size_t>(picture.width));  // how long the edge at this column has come down
  for (int y = 0; y + 1 < picture.height; ++y) {
    int along = 0;
    for (int x = 0; x + 1 < picture.width; ++x) {
      const std::uint8_t* here = picture.pixel(x, y);
      const int right = difference(here, picture.pixel(x + 1, y)), below = difference(here, picture.pixel(x, y + 1));
      const int most = std::max(right, below);
      if (most == 0) ++result.flat;
      if (most > 0 && most <= 24) ++result.smooth;
      if (most >= strong) ++result.edges;
      int& column = down[static_cast<std::size_t>(x)];
      column = right >= strong && below <= slight ? column + 1 : 0;
      along = below >= strong && right <= slight ? along + 1 : 0;
      for (const int length : {column, along}) result.straight += length == run ? run : length > run ? 1 : 0;
    }
  }
  return result;
}

}  // namespace

Features features_of(const Picture& picture) {
  const double area = static_cast<double>(picture.width) * picture.height;
  std::vector<std::uint32_t> counts(std::size_t{1} << 12U);
  double saturation = 0, light = 0;
  const auto bin_of = [](const std::uint8_t* p) {
    return static_cast<std::size_t>((p[0] >> 4U) << 8U | (p[1] >> 4U) << 4U | p[2] >> 4U);
  };
  int empty_rows = 0, changes = 0;
  bool was_empty = true;
  for (int y = 0; y < picture.height; ++y) {
    const std::uint8_t* first = picture.pixel(0, y);
    int same = 0;
    for (int x = 0; x < picture.width; ++x) {
      const std::uint8_t* p = picture.pixel(x, y);
      ++counts[bin_of(p)];
      const auto [low, high] = std::minmax({p[0], p[1], p[2]});
      saturation += high - low;
      light += low >= 240 ? 1 : 0;
      same += difference(first, p) <= 16 ? 1 : 0;
    }
    const bool empty = same == picture.width;
    empty_rows += empty ? 1 : 0;
    changes += empty != was_empty ? 1 : 0;
    was_empty = empty;
  }
  const auto n_colours = std::count_if(counts.begin(), counts.end(), [&](auto n) { return n >= 0.0002 * area; });

  std::vector<std::uint32_t> border(counts.size());
  std::uint32_t n_border = 0;
  const auto add_border = [&](int x, int y) { ++border[bin_of(picture.pixel(x, y))], ++n_border; };
  for (int x = 0; x < picture.width; ++x) add_border(x, 0), add_border(x, picture.height - 1);
  for (int y = 0; y < picture.height; ++y) add_border(0, y), add_border(picture.width - 1, y);

  const Differences differences = differences_of(picture);
  std::partial_sort(counts.begin(), counts.begin() + 4, counts.end(), std::greater<>());
  const double ratio = static_cast<double>(picture.source_height) / picture.source_width;
  return {
      std::log(static_cast<double>(std::max<std::ptrdiff_t>(n_colours, 1))),
      counts[0] / area,
      std::accumulate(counts.begin(), counts.begin() + 4, 0.0) / area,
      static_cast<double>(differences.flat) / area,
      static_cast<double>(differences.smooth) / area,
      static_cast<double>(differences.edges) / area,
      static_cast<double>(differences.straight) / static_cast<double>(std::max<std::size_t>(differences.edges, 100)),
      picture.transparent,
      std::abs(std::log(ratio)),
      std::log(ratio),
      std::log(static_cast<double>(picture.source_width) * picture.source_height),
      static_cast<double>(*std::max_element(border.begin(), border.end())) / n_border,
      saturation / (255 * area),
      light / area,
      static_cast<double>(empty_rows) / picture.height,
      100.0 * changes / picture.height};
}

Terms terms_of(const KindModel& model, const Features& features) {
  Terms terms{};
  for (std::size_t i = 0; i < n_features; ++i) {
    const double value = std::clamp((features[i] - model.mean[i]) * model.scale[i], -3.0, 3.0);
    terms[i] = value;
    terms[n_features + i] = value * value;
  }
  terms.back() = 1;
  return terms;
}

std::array<double, kinds.size()> kind_probabilities(const KindModel& model, const Features& features) {
  const Terms terms = terms_of(model, features);
  std::array<double, kinds.size()> p{};
  for (std::size_t k = 0; k < p.size(); ++k) {
    p[k] = std::inner_product(terms.begin(), terms.end(), model.weights[k].begin(), 0.0);
  }
  const double most = *std::max_element(p.begin(), p.end());
  double sum = 0;
  for (double& value : p) sum += value = std::exp(value - most);
  for (double& value : p) value /= sum;
  return p;
}

std::array<double, kinds.size()> kind_probabilities(const Features& features) {
  return kind_probabilities(kind_model, features);
}

}  // namespace updraft::image
