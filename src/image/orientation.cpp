#include "image/orientation.h"

#include <algorithm>
#include <cstdint>
#include <utility>

#include "image/tiff_directory.h"

namespace updraft::image {
int read_orientation(std::span<const std::byte> exif) {
  constexpr std::uint32_t orientation = 0x0112;
  const std::uint32_t value = TiffDirectory(exif).u16(orientation);
  return value >= 1 && value <= 8 ? static_cast<int>(value) : 1;
}

void make_upright(Picture& picture, int orientation) {
  if (orientation <= 1 || orientation > 8) return;
  const bool turned = orientation >= 5;  // rows become columns
  const int width = turned ? picture.height : picture.width, height = turned ? picture.width : picture.height;
  std::vector<std::uint8_t> rgb(picture.rgb.size());
  std::uint8_t* out = rgb.data();
  for (int y = 0; y < height; ++y) {
    for (int x = 0; x < width; ++x, out += 3) {
      // Where the upright pixel is in the file's rows. EXIF names the side of the scene that row 0 and column 0 show.
      int from_x = turned ? y : x, from_y = turned ? x : y;
      if (orientation == 2 || orientation == 3 || orientation == 7 || orientation == 8)
        from_x = picture.width - 1 - from_x;
      if (orientation == 3 || orientation == 4 || orientation == 6 || orientation == 7)
        from_y = picture.height - 1 - from_y;
      std::copy_n(picture.pixel(from_x, from_y), 3, out);
    }
  }
  picture.rgb = std::move(rgb);
  picture.width = width, picture.height = height;
  if (turned) std::swap(picture.source_width, picture.source_height);
}

}  // namespace updraft::image
