#include "encode/resize.h"

#include <algorithm>
#include <cmath>

namespace updraft::encode {
namespace {

constexpr std::size_t colours = 3;

// What one pixel of the result is made of.
struct Taps {
  std::size_t first = 0;
  std::vector<float> weights;  // of the pixels from `first` on; their sum is 1
};

// How much a pixel counts at a distance from the middle, in pixels of the result or, where it is larger, of the
// picture.
double weight_at(Filter filter, double distance) {
  const double x = std::abs(distance);
  if (filter == Filter::bilinear) return std::max(1 - x, 0.0);
  constexpr double a = -0.5;  // Keys' cubic, as Pillow has it
  if (x < 1) return ((a + 2) * x - (a + 3)) * x * x + 1;
  return x < 2 ? ((x - 5) * x + 8) * x * a - 4 * a : 0;
}

// For each pixel that is kept of a line of n_in.
std::vector<Taps> taps_of(int n_in, const Cut& cut, Filter filter) {
  std::vector<Taps> all;
  const double scale = static_cast<double>(n_in) / cut.whole, width = std::max(scale, 1.0);
  const double reach = filter == Filter::bilinear ? width : 2 * width;
  for (int i = cut.first; i < cut.first + cut.count; ++i) {
    const double centre = (i + 0.5) * scale;  // in pixels; the middle of pixel j is j + 0.5
    const int begin = std::clamp(static_cast<int>(std::floor(centre - reach)), 0, n_in - 1);
    const int end = std::clamp(static_cast<int>(std::ceil(centre + reach)), begin + 1, n_in);
    Taps taps{static_cast<std::size_t>(begin), {}};
    double sum = 0;
    for (int j = begin; j < end; ++j) {
      const double weight = weight_at(filter, (j + 0.5 - centre) / width);
      taps.weights.push_back(static_cast<float>(weight));
      sum += weight;
    }
    for (float& weight : taps.weights) weight /= static_cast<float>(sum);
    all.push_back(std::move(taps));
  }
  return all;
}

// One row of the result.
void resize_row(const Pixels& pixels, const Taps& down, std::span<const Taps> across, std::span<float> row,
                std::span<float> out) {
  std::fill(row.begin(), row.end(), 0.0F);
  for (std::size_t j = 0; j < down.weights.size(); ++j) {
    const auto from = pixels.rgb.subspan((down.first + j) * row.size(), row.size());
    const float weight = down.weights[j];
    for (std::size_t i = 0; i < row.size(); ++i) row[i] += weight * static_cast<float>(from[i]);
  }
  for (std::size_t x = 0; x < across.size(); ++x) {
    const Taps& taps = across[x];
    const float* from = row.data() + taps.first * colours;
    float red = 0, green = 0, blue = 0;
    for (const float weight : taps.weights) {
      red += weight * from[0];
      green += weight * from[1];
      blue += weight * from[2];
      from += colours;
    }
    out[x * colours] = red;
    out[x * colours + 1] = green;
    out[x * colours + 2] = blue;
  }
}

// All rows of the result; `finish` makes the values of one what they are to be.
template <class Finish>
std::vector<float> resize_rows(const Pixels& pixels, const Cut& width, const Cut& height, Filter filter,
                               kernels::ThreadPool& pool, const Finish& finish) {
  const auto across = taps_of(pixels.width, width, filter), down = taps_of(pixels.height, height, filter);
  const std::size_t in_row = static_cast<std::size_t>(pixels.width) * colours;
  const std::size_t out_row = across.size() * colours;
  std::vector<float> out(out_row * down.size());
  std::vector<float> rows(in_row * static_cast<std::size_t>(pool.size()));  // one for each thread
  pool.run([&](kernels::Worker& worker) {
    const auto row = std::span(rows).subspan(static_cast<std::size_t>(worker.index()) * in_row, in_row);
    const auto mine = worker.share(height.count);
    for (auto y = static_cast<std::size_t>(mine.begin); y < static_cast<std::size_t>(mine.end); ++y) {
      const auto to = std::span(out).subspan(y * out_row, out_row);
      resize_row(pixels, down[y], across, row, to);
      for (float& value : to) value = finish(value);
    }
  });
  return out;
}

}  // namespace

std::vector<float> resampled(const Pixels& pixels, const Cut& across, const Cut& down, Filter filter,
                             kernels::ThreadPool& pool) {
  // A cubic goes beyond what it is laid through.
  return resize_rows(pixels, across, down, filter, pool, [](float value) { return std::clamp(value, 0.0F, 255.0F); });
}

std::vector<float> resized(const Pixels& pixels, int side, float mean, float deviation, kernels::ThreadPool& pool) {
  const Cut whole{side, 0, side};
  return resize_rows(pixels, whole, whole, Filter::bilinear, pool,
                     [&](float value) { return (value - mean) / deviation; });
}

}  // namespace updraft::encode
