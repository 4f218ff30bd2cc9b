#include "image/orientation.h"

#include <algorithm>
#include <cstdint>
#include <string_view>
#include <utility>

namespace updraft::image {
namespace {

// Integers of a TIFF structure, in its byte order; 0 beyond its end.
class Reader {
 public:
  explicit Reader(std::span<const std::byte> bytes)
      : bytes_(bytes), big_(bytes.size() > 1 && bytes[0] == std::byte{'M'}) {}
  [[nodiscard]] std::uint32_t u16(std::size_t at) const {
    if (bytes_.size() < 2 || at > bytes_.size() - 2) return 0;
    return big_ ? byte(at) << 8U | byte(at + 1) : byte(at + 1) << 8U | byte(at);
  }
  [[nodiscard]] std::uint32_t u32(std::size_t at) const {
    return big_ ? u16(at) << 16U | u16(at + 2) : u16(at + 2) << 16U | u16(at);
  }

 private:
  [[nodiscard]] std::uint32_t byte(std::size_t at) const { return std::to_integer<std::uint32_t>(bytes_[at]); }

  std::span<const std::byte> bytes_;
  bool big_;
};

}  // namespace

int read_orientation(std::span<const std::byte> exif) {
  constexpr std::string_view prefix("Exif\0\0", 6);
  constexpr std::uint32_t orientation_tag = 0x0112, short_type = 3;
  if (exif.size() > prefix.size() &&
      std::equal(prefix.begin(), prefix.end(), reinterpret_cast<const char*>(exif.data()))) {
    exif = exif.subspan(prefix.size());
  }
  const Reader reader(exif);
  if (reader.u16(2) != 42 || (reader.u16(0) != 0x4949 && reader.u16(0) != 0x4d4d)) return 1;
  const std::size_t directory = reader.u32(4);
  const std::uint32_t n_entries = reader.u16(directory);
  for (std::uint32_t i = 0; i < n_entries; ++i) {
    const std::size_t entry = directory + 2 + 12 * static_cast<std::size_t>(i);
    if (reader.u16(entry) != orientation_tag) continue;
    const auto value = static_cast<int>(reader.u16(entry + 8));
    return reader.u16(entry + 2) == short_type && value >= 1 && value <= 8 ? value : 1;
  }
  return 1;
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
