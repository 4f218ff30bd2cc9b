#include "catalogue/encoder.h"

#include <algorithm>

#include "catalogue/vectors.h"
#include "corpus/hash.h"

namespace updraft::catalogue {

std::uint64_t encoder_fingerprint(const encode::TextEncoder& encoder) {
  const auto point = encoder.encode("a small red boat on a calm lake");
  const auto bytes = std::as_bytes(std::span(point));
  return std::max<std::uint64_t>(corpus::hash({reinterpret_cast<const char*>(bytes.data()), bytes.size()}), 1);
}

Result<std::optional<encode::TextEncoder>> load_encoder(const std::filesystem::path& path, int threads) {
  if (path.empty()) return std::nullopt;
  auto encoder = encode::TextEncoder::load(path, {.threads = threads});
  if (!encoder) return tl::unexpected(encoder.error());
  if (encoder->dimension() > Vectors::max_dimension) {
    return fail(ErrorCode::unsupported, path.string() + ": its points have too many dimensions");
  }
  return std::optional(std::move(*encoder));
}

}  // namespace updraft::catalogue
