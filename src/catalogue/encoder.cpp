#include "catalogue/encoder.h"

#include <algorithm>

#include "catalogue/vectors.h"
#include "corpus/hash.h"

namespace updraft::catalogue {
namespace {

// A hash of the point that it gives one text, which is the same on all machines.
std::uint64_t fingerprint_of(const encode::TextEncoder& encoder) {
  const auto point = encoder.encode("a small red boat on a calm lake");
  const auto bytes = std::as_bytes(std::span(point));
  return std::max<std::uint64_t>(corpus::hash({reinterpret_cast<const char*>(bytes.data()), bytes.size()}), 1);
}

}  // namespace

Result<std::optional<Encoder>> Encoder::open(const std::filesystem::path& text_encoder, const PairFiles& pair,
                                             int threads) {
  static_assert(pair::max_dimension <= Vectors::max_dimension);
  if (!pair.folder.empty()) {
    auto encoder = pair::TextEncoder::open(pair, threads);
    if (!encoder) return tl::unexpected(encoder.error());
    const std::uint64_t fingerprint = encoder->fingerprint();
    return std::optional(Encoder(*std::move(encoder), fingerprint));
  }
  if (text_encoder.empty()) return std::nullopt;
  auto encoder = encode::TextEncoder::load(text_encoder, {.threads = threads});
  if (!encoder) return tl::unexpected(encoder.error());
  if (encoder->dimension() > Vectors::max_dimension) {
    return fail(ErrorCode::unsupported, text_encoder.string() + ": its points have too many dimensions");
  }
  const std::uint64_t fingerprint = fingerprint_of(*encoder);
  return std::optional(Encoder(*std::move(encoder), fingerprint));
}

int Encoder::dimension() const {
  return std::visit([](const auto& encoder) { return encoder.dimension(); }, encoder_);
}

double Encoder::least_cosine() const {
  const auto* of_pair = std::get_if<pair::TextEncoder>(&encoder_);
  return of_pair != nullptr ? of_pair->least_cosine() : default_least_cosine;
}

Result<std::vector<float>> Encoder::encode(std::span<const std::string> texts) const {
  const std::vector<std::string_view> views(texts.begin(), texts.end());
  return std::visit([&](const auto& encoder) -> Result<std::vector<float>> { return encoder.encode(views); }, encoder_);
}

bool Encoder::is_word(std::string_view word) const {
  return std::visit([&](const auto& encoder) { return encoder.is_word(word); }, encoder_);
}

}  // namespace updraft::catalogue
