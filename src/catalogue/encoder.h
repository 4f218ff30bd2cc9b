// What gives texts their points in a catalogue: updraft's own text encoder, or that of a pair (updraft/pair.h).
#pragma once

#include <cstdint>
#include <filesystem>
#include <optional>
#include <span>
#include <string>
#include <string_view>
#include <variant>
#include <vector>

#include "encode/text_encoder.h"
#include "pair/encoders.h"

namespace updraft::catalogue {

inline constexpr double default_least_cosine = 0.2;

class Encoder {
 public:
  // That of the pair, where one is named, else the one at `text_encoder`; nullopt: neither is named. Errors: those of
  // the two.
  [[nodiscard]] static Result<std::optional<Encoder>> open(const std::filesystem::path& text_encoder,
                                                           const PairFiles& pair, int threads);

  [[nodiscard]] int dimension() const;
  // Tells encoders apart, and pairs. Never 0.
  [[nodiscard]] std::uint64_t fingerprint() const { return fingerprint_; }
  // Of points that are less near, one means something else than the other.
  [[nodiscard]] double least_cosine() const;

  // [texts.size(), dimension]. Not for two threads at a time. Errors: those of the pair.
  [[nodiscard]] Result<std::vector<float>> encode(std::span<const std::string> texts) const;
  // Whether it knows it as one word.
  [[nodiscard]] bool is_word(std::string_view word) const;

 private:
  using Either = std::variant<encode::TextEncoder, pair::TextEncoder>;
  Encoder(Either encoder, std::uint64_t fingerprint) : encoder_(std::move(encoder)), fingerprint_(fingerprint) {}

  Either encoder_;
  std::uint64_t fingerprint_;
};

}  // namespace updraft::catalogue
