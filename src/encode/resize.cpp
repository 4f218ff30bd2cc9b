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

// For each of n_out pixels along a line of n_in.
std::vector<Taps> triangles(int n_in, int n_out) {
  std::vector<Taps> all;
  const double scale = static_cast<double>(n_in) / n_out, reach = std::max(scale, 1.0);
  for (int i = 0; i < n_out; ++i) {
    const double centre = (i + 0.5) * scale;  // in pixels; the middle of pixel j is j + 0.5
    const int begin = std::clamp(static_cast<int>(std::floor(centre - reach)), 0, n_in - 1);
    const int end = std::clamp(static_cast<int>(std::ceil(centre + reach)), begin + 1, n_in);
    Taps taps{static_cast<std::size_t>(begin), {}};
    double sum = 0;
    for (int j = begin; j < end; ++j) {
      const double weight = std::max(1 - std::abs(j + 0.5 - centre) / reach, 0.0);
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

}  // namespace

std::vector<float> resized(const Pixels& pixels, int side, float mean, float deviation, kernels::ThreadPool& pool) {
  const auto across = triangles(pixels.width, side), down = triangles(pixels.height, side);
  const std::size_t in_row = static_cast<std::size_t>(pixels.width) * colours;
  const std::size_t out_row = static_cast<std::size_t>(side) * colours;
  std::vector<float> out(out_row * static_cast<std::size_t>(side));
  std::vector<float> rows(in_row * static_cast<std::size_t>(pool.size()));  // one for each thread
  pool.run([&](kernels::Worker& worker) {
    const auto row = std::span(rows).subspan(static_cast<std::size_t>(worker.index()) * in_row, in_row);
    const auto mine = worker.share(side);
    for (auto y = static_cast<std::size_t>(mine.begin); y < static_cast<std::size_t>(mine.end); ++y) {
      const auto to = std::span(out).subspan(y * out_row, out_row);
      resize_row(pixels, down[y], across, row, to);
      for (float& value : to) value = (value - mean) / deviation;
    }
  });
  return out;
}

}  // namespace updraft::encode
