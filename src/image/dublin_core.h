// The Dublin Core words of markup: RDF, as editors write it into SVG and as packets of XMP are; and an SVG's own
// <title> and <desc>, where these words leave something open.
#pragma once

#include <string_view>

#include "image/metadata.h"

namespace updraft::image {

// Any bytes: what cannot be read is not there, nor are texts that are no UTF-8.
[[nodiscard]] Metadata read_dublin_core(std::string_view markup);

}  // namespace updraft::image
