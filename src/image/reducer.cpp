#include "image/reducer.h"

#include <algorithm>
#include <utility>

namespace updraft::image {

Reducer::Reducer(int width, int height, int factor) : width_(width), factor_(factor) {
  picture_.source_width = width;
  picture_.source_height = height;
  picture_.width = (width + factor - 1) / factor;
  picture_.height = (height + factor - 1) / factor;
  sums_.resize(3 * static_cast<std::size_t>(picture_.width));
  picture_.rgb.resize(sums_.size() * static_cast<std::size_t>(picture_.height));
}

void Reducer::add_pixel(int x, unsigned r, unsigned g, unsigned b) noexcept {
  std::uint32_t* sum = sums_.data() + 3 * static_cast<std::size_t>(x);
  sum[0] += r, sum[1] += g, sum[2] += b;
}

void Reducer::end_row() noexcept {
  ++rows_, ++rows_in_sum_;
  if (rows_in_sum_ < factor_ && rows_ < picture_.source_height) return;
  std::uint8_t* out = picture_.rgb.data() + static_cast<std::size_t>(out_row_) * sums_.size();
  for (int x = 0; x < picture_.width; ++x) {
    const auto n = static_cast<std::uint32_t>(std::min(factor_, width_ - x * factor_) * rows_in_sum_);
    for (std::size_t c = 0; c < 3; ++c) {
      const std::size_t i = 3 * static_cast<std::size_t>(x) + c;
      out[i] = static_cast<std::uint8_t>((sums_[i] + n / 2) / n);
    }
  }
  std::fill(sums_.begin(), sums_.end(), 0);
  rows_in_sum_ = 0, ++out_row_;
}

void Reducer::add_rgb(const std::uint8_t* row) noexcept {
  if (rows_ >= picture_.source_height) return;
  for (int out = 0, x = 0; x < width_; ++out) {
    for (const int end = std::min(x + factor_, width_); x < end; ++x, row += 3) add_pixel(out, row[0], row[1], row[2]);
  }
  end_row();
}

void Reducer::add_rgba(const std::uint8_t* row) noexcept {
  if (rows_ >= picture_.source_height) return;
  for (int out = 0, x = 0; x < width_; ++out) {
    for (const int end = std::min(x + factor_, width_); x < end; ++x, row += 4) {
      const unsigned a = row[3], white = 255 * (255 - a) + 127;
      add_pixel(out, (row[0] * a + white) / 255, (row[1] * a + white) / 255, (row[2] * a + white) / 255);
      transparent_ += 255 - a;
    }
  }
  end_row();
}

void Reducer::add_premultiplied(const std::uint8_t* row) noexcept {
  if (rows_ >= picture_.source_height) return;
  for (int out = 0, x = 0; x < width_; ++out) {
    for (const int end = std::min(x + factor_, width_); x < end; ++x, row += 4) {
      const unsigned white = 255U - row[3];
      add_pixel(out, std::min(255U, row[0] + white), std::min(255U, row[1] + white), std::min(255U, row[2] + white));
      transparent_ += white;
    }
  }
  end_row();
}

Picture Reducer::take() {
  const double area = static_cast<double>(width_) * picture_.source_height;
  picture_.transparent = static_cast<double>(transparent_) / (255 * area);
  return std::move(picture_);
}

}  // namespace updraft::image
