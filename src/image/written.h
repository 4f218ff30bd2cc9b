// For tests: pictures as files of each format, written by the libraries that read them, or byte by byte.
#pragma once

#include <gif_lib.h>
#include <png.h>
#include <tiffio.h>
#include <webp/encode.h>
#include <webp/mux.h>

#include <array>
#include <cstdint>
#include <cstdio>
#include <string>
#include <string_view>
#include <vector>

#include <jpeglib.h>

namespace updraft::image::test {

using Bytes = std::vector<std::byte>;

void append(Bytes& to, const void* data, std::size_t n);
Bytes bytes_of(std::string_view text);
inline void append_number(Bytes& to, std::uint64_t value, int n_bytes, bool big = false) {
  for (int i = 0; i < n_bytes; ++i) {
    to.push_back(static_cast<std::byte>(value >> (8 * (big ? n_bytes - 1 - i : i)) & 255U));
  }
}

// Red, green / blue, grey: a quarter each. [height, width, 4]
struct Quarters {
  int width = 40, height = 24;
  std::uint8_t alpha = 255;
  [[nodiscard]] std::array<std::uint8_t, 4> at(int x, int y) const {
    const bool right = x >= width / 2, low = y >= height / 2;
    if (right && low) return {128, 128, 128, alpha};
    return {static_cast<std::uint8_t>(right || low ? 0 : 255), static_cast<std::uint8_t>(right ? 255 : 0),
            static_cast<std::uint8_t>(low ? 255 : 0), alpha};
  }
  [[nodiscard]] std::vector<std::uint8_t> rgba() const { return pixels(4); }
  [[nodiscard]] std::vector<std::uint8_t> rgb() const { return pixels(3); }

 private:
  [[nodiscard]] std::vector<std::uint8_t> pixels(int channels) const {
    std::vector<std::uint8_t> out;
    for (int y = 0; y < height; ++y) {
      for (int x = 0; x < width; ++x) {
        const auto pixel = at(x, y);
        for (int c = 0; c < channels; ++c) out.push_back(pixel[static_cast<std::size_t>(c)]);
      }
    }
    return out;
  }
};

// EXIF data with nothing but an orientation.
Bytes exif(int orientation, bool big = false);

struct PngOptions {
  int colour = PNG_COLOR_TYPE_RGBA, bits = 8;
  bool interlaced = false;
  int orientation = 1;
};
// Samples of 16 bits are given as 8 and widened. Palette: four colours, index 3 half transparent; grey: red's channel.
Bytes png(const Quarters& quarters = {}, PngOptions options = {});

struct JpegOptions {
  J_COLOR_SPACE colours = JCS_RGB;  // or JCS_GRAYSCALE (red's channel), JCS_CMYK
  bool progressive = false;
  int orientation = 1;
};
Bytes jpeg(const Quarters& quarters = {}, const JpegOptions& options = {});

Bytes webp(const Quarters& quarters = {}, bool lossless = true, int orientation = 1);

// Frames of the quarters, then of blue.
Bytes animated_webp(const Quarters& quarters = {});

// Four colours; the last one transparent if asked. Frames after the first are all of index 2, blue.
Bytes gif(const Quarters& quarters = {}, int n_frames = 1, bool transparent = false, bool interlaced = false);

// A BMP with a header of 40 bytes; `pixels` as they are in the file.
Bytes bmp(std::int32_t width, std::int32_t height, int bits, std::uint32_t compression, const Bytes& tables,
          const Bytes& pixels);
Bytes bmp(const Quarters& quarters = {});

struct TiffOptions {
  std::uint16_t compression = COMPRESSION_NONE;
  std::uint16_t orientation = 1;
  std::uint32_t tile = 0;  // side of its tiles; 0: strips
  std::uint32_t rows_per_strip = 5;
  std::uint16_t alpha = 0;  // or EXTRASAMPLE_UNASSALPHA
};
Bytes tiff(const Quarters& quarters = {}, const TiffOptions& options = {});

Bytes svg(std::string_view content);
Bytes svg();

}  // namespace updraft::image::test
