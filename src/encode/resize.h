// A picture of any size as the input of an image encoder.
#pragma once

#include <cstdint>
#include <span>
#include <vector>

#include "kernels/thread_pool.h"

namespace updraft::encode {

// 8-bit pixels, row by row; the memory is somebody else's.
struct Pixels {
  std::span<const std::uint8_t> rgb;  // [height, width, 3]
  int width = 0, height = 0;
};

enum class Filter { bilinear, bicubic };

// Along one side of a picture: all of it becomes `whole` pixels, of which `count` are kept, from `first` on.
struct Cut {
  int whole = 0, first = 0, count = 0;  // 0 <= first, 0 < count <= whole - first
};

// [down.count, across.count, 3], from 0 to 255. What becomes smaller is averaged under a curve as wide as two pixels of
// the result, a triangle, or as four, a cubic (with anti-aliasing, as Pillow does); what becomes larger is
// interpolated. width, height > 0; rgb.size() == width * height * 3.
[[nodiscard]] std::vector<float> resampled(const Pixels& pixels, const Cut& across, const Cut& down, Filter filter,
                                           kernels::ThreadPool& pool);

// The whole picture as a square, which stretches it, bilinear: [side, side, 3], each value (colour - mean) / deviation.
[[nodiscard]] std::vector<float> resized(const Pixels& pixels, int side, float mean, float deviation,
                                         kernels::ThreadPool& pool);

}  // namespace updraft::encode
