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

Pictures::Pictures(Either encoder) : encoder_(std::move(encoder)) {
  if (const auto* of_pair = std::get_if<pair::ImageEncoder>(&encoder_)) {
    encoder_id_ = of_pair->fingerprint();
    return;
  }
  // Tells encoders apart by what they make of a grey picture.
  const std::array<std::uint8_t, 3> grey = {128, 128, 128};
  if (const auto point = point_of({grey, 1, 1})) encoder_id_ = hash_of(std::as_bytes(std::span(*point)), 1);
}

Result<std::optional<Pictures>> Pictures::open(const IndexOptions& options, int dimension) {
  const auto with = [&](auto encoder, const std::filesystem::path& path) -> Result<std::optional<Pictures>> {
    if (!encoder) return tl::unexpected(encoder.error());
    if (encoder->dimension() != dimension) {
      return fail(ErrorCode::unsupported, path.string() + ": its points are not of the text encoder's space");
    }
    return std::optional<Pictures>(Pictures(*std::move(encoder)));
  };
  if (!options.pair.folder.empty()) {
    return with(pair::ImageEncoder::open(options.pair, options.threads), options.pair.folder);
  }
  return with(encode::ImageEncoder::load(options.image_encoder, {.threads = options.threads}), options.image_encoder);
}

Result<std::vector<float>> Pictures::point_of(const encode::Pixels& pixels) const {
  if (const auto* of_pair = std::get_if<pair::ImageEncoder>(&encoder_)) return of_pair->encode(pixels);
  auto seen = std::get<encode::ImageEncoder>(encoder_).encode(pixels);
  if (!seen) return tl::unexpected(seen.error());
  return std::move(seen->point);
}

Result<std::uint64_t> Pictures::fingerprint(const std::filesystem::path& picture, std::uint64_t meaning) const {
  const auto file = files::Mapping::open(picture);
  if (!file) return tl::unexpected(file.error());
  return hash_of(file->bytes(), meaning ^ encoder_id_);
}

std::uint64_t Pictures::fingerprint_of_unseen(std::uint64_t meaning) const {
  return place_unseen() ? meaning : corpus::hash("unseen", meaning);
}

Result<> Pictures::add(const Asset& asset, const std::filesystem::path& picture, std::span<float> point) const {
  const auto seen = files::parse_file(picture, [&](const files::Mapping& file) -> Result<std::vector<float>> {
    // For a pair as for a picture that is shown in a search, so that the same one has the same point.
    const auto limits = is_of_pair() ? image::Limits() : image::Limits{.side = looked_at};
    const auto pixels = image::decode(file.bytes(), limits);
    if (!pixels) return tl::unexpected(pixels.error());
    return point_of({pixels->rgb, pixels->width, pixels->height});
  });
  if (!seen) return tl::unexpected(seen.error());
  const float words = has_words(asset) && !is_of_pair() ? 1 : 0;
  double square = 0;
  for (std::size_t i = 0; i < point.size(); ++i) {
    point[i] = words * point[i] + (*seen)[i];
    square += double{point[i]} * point[i];
  }
  const auto length = static_cast<float>(std::sqrt(std::max(square, 1e-12)));
  for (float& x : point) x /= length;
  return {};
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
