#pragma once

#include <cstdint>
#include <filesystem>
#include <optional>

#include "encode/text_encoder.h"

namespace updraft::catalogue {

// Tells encoders apart: a hash of the point that it gives one text. Never 0.
[[nodiscard]] std::uint64_t encoder_fingerprint(const encode::TextEncoder& encoder);

// The encoder at `path`; nullopt: the path is empty.
[[nodiscard]] Result<std::optional<encode::TextEncoder>> load_encoder(const std::filesystem::path& path, int threads);

}  // namespace updraft::catalogue
