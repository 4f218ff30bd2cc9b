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

// The whole picture as a square, which stretches it: [side, side, 3], each value (colour - mean) / deviation. What
// becomes smaller is averaged under a triangle as wide as two pixels of the result (bilinear with anti-aliasing), what
// becomes larger is interpolated. width, height, side > 0; rgb.size() == width * height * 3.
[[nodiscard]] std::vector<float> resized(const Pixels& pixels, int side, float mean, float deviation,
                                         kernels::ThreadPool& pool);

}  // namespace updraft::encode
