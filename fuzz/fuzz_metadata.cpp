// Any bytes, as a picture file with metadata, as EXIF, as IPTC and as the markup of XMP or SVG: whatever is read of
// them is text.
#include <cstdint>

#include "image/dublin_core.h"
#include "image/iptc.h"
#include "image/metadata.h"
#include "image/orientation.h"
#include "require.h"
#include "text/utf8.h"

using namespace updraft;

namespace {

void require_text(const image::Metadata& said) {
  require(text::is_valid_utf8(said.title) && text::is_valid_utf8(said.description));
  require(text::is_valid_utf8(said.creator));
  for (const std::string& tag : said.tags) require(text::is_valid_utf8(tag));
}

}  // namespace

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  const auto file = std::as_bytes(std::span(data, size));
  require_text(image::read_metadata(file));
  require_text(image::read_iptc(file));
  require_text(image::read_iptc(image::iptc_of_resources(file)));
  require_text(image::read_dublin_core({reinterpret_cast<const char*>(data), size}));
  const int orientation = image::read_orientation(file);
  require(orientation >= 1 && orientation <= 8);
  return 0;
}
