// Which way up a picture is, as EXIF says it.
#pragma once

#include <cstddef>
#include <span>

#include "image/picture.h"

namespace updraft::image {

// 1..8 of EXIF data (a TIFF header and its first directory; "Exif\0\0" may stand before it); 1 if it says none or is
// damaged.
[[nodiscard]] int read_orientation(std::span<const std::byte> exif);

// Turns and mirrors the picture so that it is upright; 1 leaves it.
void make_upright(Picture& picture, int orientation);

}  // namespace updraft::image
