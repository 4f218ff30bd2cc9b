// What the file of a picture says about it in words.
#pragma once

#include <cstddef>
#include <span>
#include <string>
#include <vector>

namespace updraft::image {

// All of it is valid UTF-8. What the file does not say is empty.
struct Metadata {
  std::string title;
  std::string description;
  std::vector<std::string> tags;
  std::string creator;  // the first one that is named
};

// Of an SVG, its Dublin Core (see dublin_core.h). Of a JPEG, PNG, WebP or TIFF each field from the first source that
// has it: XMP, IPTC (not in PNG and WebP), EXIF, and in PNG its texts; of a GIF or an AVIF, XMP. A short description
// stands in for a title that is missing. What cameras and programs write into every picture ("OLYMPUS DIGITAL CAMERA")
// says nothing.
//
// Any bytes: what cannot be read is not there. Pixels are not looked at.
[[nodiscard]] Metadata read_metadata(std::span<const std::byte> file);

}  // namespace updraft::image
