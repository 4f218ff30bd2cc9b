// BMP, read here: 1 to 32 bits a pixel, palettes, bit fields, run lengths; all headers from OS/2's first to version 5.
// Layout: https://learn.microsoft.com/windows/win32/gdi/bitmap-storage
#include <algorithm>
#include <array>
#include <bit>
#include <cstdint>
#include <string>
#include <vector>

#include "image/integers.h"
#include "image/job.h"
#include "image/reducer.h"

namespace updraft::image {
namespace {

enum Compression : std::uint32_t {
  plain = 0,
  run_length_8 = 1,
  run_length_4 = 2,
  bit_fields = 3,
  alpha_bit_fields = 6
};

constexpr std::size_t file_header = 14;
constexpr std::uint32_t core_header = 12, info_header = 40;

using Rgba = std::array<std::uint8_t, 4>;

// Where a channel is in a pixel of 16 or 32 bits.
struct Channel {
  std::uint32_t mask = 0;
  [[nodiscard]] std::uint8_t of(std::uint32_t pixel) const {
    if (mask == 0) return 0;
    const std::uint32_t value = (pixel & mask) >> std::countr_zero(mask), max = mask >> std::countr_zero(mask);
    return static_cast<std::uint8_t>((static_cast<std::uint64_t>(value) * 255 + max / 2) / max);
  }
};

struct Header {
  std::uint64_t pixels = 0;  // where they start
  std::uint32_t width = 0, height = 0, bits = 0, compression = plain;
  bool top_down = false;
  std::array<Channel, 4> channels{};  // of 16 and 32 bits: red, green, blue, alpha
  std::vector<Rgba> palette;
};

Result<Header> read_header(const Integers& file) {
  const std::uint32_t size = file.u32(file_header);
  const bool core = size == core_header;
  if (!file.has(file_header, size) || (!core && (size < info_header || size > 1024))) {
    return fail(ErrorCode::corrupt, "its header is damaged or ends too early");
  }
  Header header;
  header.pixels = file.u32(10);
  header.width = core ? file.u16(18) : file.u32(18);
  header.height = core ? file.u16(20) : file.u32(22);
  header.bits = core ? file.u16(24) : file.u16(28);
  header.compression = core ? plain : file.u32(30);
  if (!core && header.height > 0x7fffffff) {  // negative: from the top
    header.top_down = true;
    header.height = 0U - header.height;
  }

  const bool fields = header.compression == bit_fields || header.compression == alpha_bit_fields;
  const bool fits = (header.compression == plain && (header.bits == 1 || header.bits == 4 || header.bits == 8 ||
                                                     header.bits == 16 || header.bits == 24 || header.bits == 32)) ||
                    (header.compression == run_length_8 && header.bits == 8) ||
                    (header.compression == run_length_4 && header.bits == 4) ||
                    (fields && (header.bits == 16 || header.bits == 32));
  if (!fits) {
    return fail(ErrorCode::unsupported, std::to_string(header.bits) + " bits a pixel in compression " +
                                            std::to_string(header.compression) + " are unknown");
  }
  if (header.bits == 16) header.channels = {Channel{0x7c00}, Channel{0x3e0}, Channel{0x1f}, Channel{}};
  if (header.bits == 32) header.channels = {Channel{0xff0000}, Channel{0xff00}, Channel{0xff}, Channel{}};
  std::uint64_t palette_at = file_header + size;
  if (fields) {  // in the later headers; after the first one
    const std::size_t n_masks = size > info_header + 12 || header.compression == alpha_bit_fields ? 4 : 3;
    for (std::size_t c = 0; c < n_masks; ++c) header.channels[c].mask = file.u32(file_header + info_header + 4 * c);
    if (size == info_header) palette_at += 4 * n_masks;
  }
  if (header.bits <= 8) {
    const std::uint32_t most = 1U << header.bits, said = core ? 0 : file.u32(46);
    const std::uint64_t entry = core ? 3 : 4;
    const std::uint32_t n = said == 0 || said > most ? most : said;
    if (!file.has(palette_at, n * entry)) return fail(ErrorCode::corrupt, "it ends too early");
    header.palette.resize(most, Rgba{0, 0, 0, 255});  // an index beyond the palette is black
    for (std::uint32_t i = 0; i < n; ++i) {
      const std::uint64_t at = palette_at + i * entry;
      header.palette[i] = {static_cast<std::uint8_t>(file.u8(at + 2)), static_cast<std::uint8_t>(file.u8(at + 1)),
                           static_cast<std::uint8_t>(file.u8(at)), 255};
    }
  }
  return header;
}

// Run lengths become one index a pixel, rows from the bottom. What is skipped keeps index 0. Every code moves on in the
// file, so the time is bounded by its size.
Result<std::vector<std::uint8_t>> expand(const Integers& file, const Header& header, const Job& job) {
  std::vector<std::uint8_t> indices(static_cast<std::size_t>(header.width) * header.height);
  std::uint64_t at = header.pixels, x = 0, y = 0;
  const auto put = [&](std::uint32_t index) {
    if (x < header.width && y < header.height) indices[y * header.width + x] = static_cast<std::uint8_t>(index);
    ++x;
  };
  const bool nibbles = header.bits == 4;
  while (y < header.height) {
    if (!file.has(at, 2)) return fail(ErrorCode::corrupt, "it ends too early");
    const std::uint32_t count = file.u8(at), value = file.u8(at + 1);
    at += 2;
    if (count > 0) {
      for (std::uint32_t i = 0; i < count; ++i) put(!nibbles ? value : i % 2 == 0 ? value >> 4U : value & 15U);
    } else if (value == 0) {
      x = 0, ++y;
      if (job.is_late()) return job.late();
    } else if (value == 1) {
      break;
    } else if (value == 2) {
      x += file.u8(at), y += file.u8(at + 1);
      at += 2;
    } else {
      const std::uint64_t n_bytes = nibbles ? (value + 1) / 2 : value;
      if (!file.has(at, n_bytes)) return fail(ErrorCode::corrupt, "it ends too early");
      for (std::uint32_t i = 0; i < value; ++i) {
        put(!nibbles ? file.u8(at + i) : i % 2 == 0 ? file.u8(at + i / 2) >> 4U : file.u8(at + i / 2) & 15U);
      }
      at += n_bytes + n_bytes % 2;
    }
  }
  return indices;
}

Rgba pixel_of(const Integers& file, const Header& header, std::uint64_t row, std::uint32_t x) {
  switch (header.bits) {
    case 24: {
      const std::uint64_t at = row + 3 * static_cast<std::uint64_t>(x);
      return {static_cast<std::uint8_t>(file.u8(at + 2)), static_cast<std::uint8_t>(file.u8(at + 1)),
              static_cast<std::uint8_t>(file.u8(at)), 255};
    }
    case 16:
    case 32: {
      const std::uint64_t at = row + header.bits / 8 * static_cast<std::uint64_t>(x);
      const std::uint32_t pixel = header.bits == 16 ? file.u16(at) : file.u32(at);
      const auto& [red, green, blue, alpha] = header.channels;
      const std::uint8_t opacity = alpha.mask == 0 ? std::uint8_t{255} : alpha.of(pixel);
      return {red.of(pixel), green.of(pixel), blue.of(pixel), opacity};
    }
    default: {
      const std::uint32_t per_byte = 8 / header.bits, shift = 8 - header.bits * (x % per_byte + 1);
      return header.palette[file.u8(row + x / per_byte) >> shift & ((1U << header.bits) - 1U)];
    }
  }
}

}  // namespace

Result<Decoded> decode_bmp(const Job& job) {
  const Integers file(job.file());
  const auto header = read_header(file);
  if (!header) return tl::unexpected(header.error());
  const bool runs = header->compression == run_length_8 || header->compression == run_length_4;
  const std::uint64_t width = header->width, height = header->height;
  if (const auto ok = job.check_size(width, height, runs ? width * height : 4 * width); !ok)
    return tl::unexpected(ok.error());

  const std::uint64_t row_bytes = (width * header->bits + 31) / 32 * 4;
  std::vector<std::uint8_t> indices;
  if (runs) {
    auto expanded = expand(file, *header, job);
    if (!expanded) return tl::unexpected(expanded.error());
    indices = std::move(*expanded);
  } else if (!file.has(header->pixels, row_bytes * (height - 1) + (width * header->bits + 7) / 8)) {
    return fail(ErrorCode::corrupt, "it ends too early");
  }

  const int w = static_cast<int>(width), h = static_cast<int>(height);
  Reducer reducer(w, h, job.factor(w, h));
  std::vector<std::uint8_t> rgba(4 * width);
  for (std::uint64_t y = 0; y < height; ++y) {
    if (job.is_late()) return job.late();
    const std::uint64_t stored = header->top_down ? y : height - 1 - y;
    for (std::uint32_t x = 0; x < width; ++x) {
      const Rgba pixel = runs ? header->palette[indices[stored * width + x] & (header->palette.size() - 1)]
                              : pixel_of(file, *header, header->pixels + stored * row_bytes, x);
      std::copy_n(pixel.begin(), 4, rgba.data() + 4 * static_cast<std::size_t>(x));
    }
    reducer.add_rgba(rgba.data());
  }
  return Decoded{.picture = reducer.take()};
}

}  // namespace updraft::image
