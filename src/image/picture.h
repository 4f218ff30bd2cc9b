// A picture as its pixels: what every part that looks at pictures starts from.
#pragma once

#include <cstdint>
#include <string_view>
#include <vector>

namespace updraft::image {

enum class Format { png, jpeg, webp, gif, bmp, tiff, svg };
[[nodiscard]] std::string_view name(Format format);  // "PNG"

struct Picture {
  int width = 0, height = 0;      // of `rgb`, at least 1
  std::vector<std::uint8_t> rgb;  // [height, width, 3], upright, on white; values as stored (sRGB is assumed)

  Format format = Format::png;
  int source_width = 0, source_height = 0;  // upright, before it was made smaller; of an SVG: as drawn
  double transparent = 0;                   // 0..1, how much of its area let the white through

  [[nodiscard]] const std::uint8_t* pixel(int x, int y) const {
    return rgb.data() +
           3 * (static_cast<std::size_t>(y) * static_cast<std::size_t>(width) + static_cast<std::size_t>(x));
  }
};

}  // namespace updraft::image
