#include "catalogue/pictures.h"

#include <algorithm>
#include <array>
#include <cmath>
#include <string>
#include <string_view>

#include "catalogue/words.h"
#include "corpus/hash.h"
#include "files/mapping.h"
#include "image/decode.h"

namespace updraft::catalogue {
namespace {

constexpr int looked_at = 512;  // pixels a side: more than the encoder sees

std::uint64_t hash_of(std::span<const std::byte> bytes, std::uint64_t before) {
  return corpus::hash({reinterpret_cast<const char*>(bytes.data()), bytes.size()}, before);
}

}  // namespace

Pictures::Pictures(encode::ImageEncoder encoder) : encoder_(std::move(encoder)) {
  // Tells encoders apart by what they make of a grey picture.
  const std::array<std::uint8_t, 3> grey = {128, 128, 128};
  if (const auto seen = encoder_.encode({grey, 1, 1})) encoder_id_ = hash_of(std::as_bytes(std::span(seen->point)), 1);
}

Result<std::optional<Pictures>> Pictures::open(const std::filesystem::path& path, int threads, int dimension) {
  auto encoder = encode::ImageEncoder::load(path, {.threads = threads});
  if (!encoder) return tl::unexpected(encoder.error());
  if (encoder->dimension() != dimension) {
    return fail(ErrorCode::unsupported, path.string() + ": its points are not of the text encoder's space");
  }
  return std::optional<Pictures>(Pictures(*std::move(encoder)));
}

std::uint64_t Pictures::fingerprint(const Asset& asset, std::uint64_t meaning) const {
  const auto file = files::Mapping::open(asset.url);
  return file ? hash_of(file->bytes(), meaning ^ encoder_id_) : meaning;
}

void Pictures::add(const Asset& asset, std::span<float> point) const {
  const auto file = files::Mapping::open(asset.url);
  if (!file) return;
  const auto picture = image::decode(file->bytes(), {.side = looked_at});
  if (!picture) return;
  const auto seen = encoder_.encode({picture->rgb, picture->width, picture->height});
  if (!seen) return;
  const float words = has_words(asset) ? 1 : 0;
  double square = 0;
  for (std::size_t i = 0; i < point.size(); ++i) {
    point[i] = words * point[i] + seen->point[i];
    square += double{point[i]} * point[i];
  }
  const auto length = static_cast<float>(std::sqrt(std::max(square, 1e-12)));
  for (float& x : point) x /= length;
}

bool has_words(const Asset& asset) {
  if (!asset.tags.empty()) return true;
  constexpr std::array<std::string_view, 14> empty = {"img",  "image", "dsc",      "dscn",      "dscf",
                                                      "pict", "photo", "picture",  "scan",      "untitled",
                                                      "pxl",  "wa",    "snapshot", "screenshot"};
  for (const std::string* text : {&asset.title, &asset.description}) {
    for (const std::string& word : words_of(*text)) {
      const auto letters = std::count_if(word.begin(), word.end(), [](unsigned char c) { return c < '0' || c > '9'; });
      const bool says = letters > 2 && letters * 2 > static_cast<std::ptrdiff_t>(word.size()) &&
                        std::find(empty.begin(), empty.end(), word) == empty.end();
      if (says) return true;
    }
  }
  return false;
}

}  // namespace updraft::catalogue
