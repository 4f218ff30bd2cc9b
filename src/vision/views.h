// A drawing as it might be met: turned a little, cut, mirrored, in other light, on another ground.
#pragma once

#include <cstdint>
#include <vector>

#include "encode/resize.h"
#include "image/picture.h"

namespace updraft::vision {

struct View {
  int width = 0, height = 0;
  std::vector<std::uint8_t> rgb;  // [height, width, 3]

  [[nodiscard]] encode::Pixels pixels() const { return {rgb, width, height}; }
};

// View 0 is the picture itself, 1 its mirror image, any other one chance's: the same for the same seed.
[[nodiscard]] View view_of(const image::Picture& picture, int view, std::uint64_t seed);

}  // namespace updraft::vision
