// Any bytes, as a picture of one format (UPDRAFT_PICTURE, built once for each): they are refused in one line, or become
// as many pixels as is said. Of SVG, the check of the markup: what draws it is a program of its own.
#include <cstdint>

#include "image/decode.h"
#include "image/svg.h"
#include "require.h"

using namespace updraft;

namespace {

constexpr image::Format format = image::Format::UPDRAFT_PICTURE;
constexpr image::Limits limits = {.side = 64, .pixels = 1'000'000, .memory_bytes = 16U << 20U};

}  // namespace

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  const auto file = std::as_bytes(std::span(data, size));
  if (format == image::Format::svg) {
    const std::string_view markup(reinterpret_cast<const char*>(data), size);
    (void)image::looks_like_svg(markup);
    if (const auto allowed = image::check_svg(markup); !allowed) require(!allowed.error().message.empty());
    return 0;
  }
  if (image::format_of(file) != format) return 0;
  const auto picture = image::decode(file, limits);
  if (!picture) {
    require(picture.error().message.find('\n') == std::string::npos);
    return 0;
  }
  require(picture->format == format && picture->width >= 1 && picture->height >= 1);
  require(picture->width <= limits.side && picture->height <= limits.side);
  require(picture->rgb.size() == std::size_t{3} * picture->width * picture->height);
  require(picture->transparent >= 0 && picture->transparent <= 1);
  return 0;
}
