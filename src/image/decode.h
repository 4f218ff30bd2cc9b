// The bytes of a picture file become pixels. The file is hostile until shown otherwise: sizes are checked before
// anything is allocated, what a decoder holds is bounded, the clock is looked at all the time, and what is damaged is
// an error of one line.
#pragma once

#include <cstddef>
#include <cstdint>
#include <optional>
#include <span>

#include "image/picture.h"
#include "updraft/result.h"

namespace updraft::image {

struct Limits {
  int side = 1024;  // 16..8192, the most that the result's longer side may have
  std::size_t file_bytes = 64U << 20U;
  std::uint64_t pixels = 100'000'000;        // width x height of the file; 65,535 a side in any case
  std::uint64_t memory_bytes = 256U << 20U;  // what a decoder may hold; most hold a few rows
  double seconds = 1;                        // of work, on a machine that does nothing else
};

// Told by the content: a name or a suffix says nothing.
[[nodiscard]] std::optional<Format> format_of(std::span<const std::byte> file);

// The first frame of an animation, the first page of a TIFF, turned upright as its EXIF data asks, transparent parts on
// white. A frame that is smaller than its animation is the picture. Colour profiles are left out of account.
//
// While it is read, a picture is averaged down by the smallest whole factor that brings its longer side to `side`
// pixels (JPEG, WebP: by the decoder, which saves most of the work). An SVG is drawn to fit that square.
//
// Errors: corrupt (damaged, cut short, larger than the limits), unsupported (not a picture, or a kind of one that
// cannot be read here), cancelled (it took too long), io (out of memory).
//
// PNG, JPEG, WebP, GIF, BMP and TIFF are read in this process. An SVG is a program of sorts, whose cost cannot be told
// from its size: it is drawn by a process of its own (see svg.h).
[[nodiscard]] Result<Picture> decode(std::span<const std::byte> file, const Limits& limits = {});

}  // namespace updraft::image
