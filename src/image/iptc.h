// IPTC's metadata of press photos (IIM), and where JPEG and TIFF files keep it.
#pragma once

#include <cstddef>
#include <span>

#include "image/metadata.h"

namespace updraft::image {

// Of IIM's datasets: object name, keywords, caption, by-line. Any bytes; reads up to where they are damaged.
[[nodiscard]] Metadata read_iptc(std::span<const std::byte> datasets);

// The datasets among Photoshop's resources ("8BIM"); none if they are not there.
[[nodiscard]] std::span<const std::byte> iptc_of_resources(std::span<const std::byte> resources);

}  // namespace updraft::image
