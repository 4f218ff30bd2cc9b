// What pictures add to the points of a folder's assets.
#pragma once

#include <cstdint>
#include <filesystem>
#include <optional>
#include <span>

#include "encode/image_encoder.h"
#include "updraft/catalogue.h"

namespace updraft::catalogue {

class Pictures {
 public:
  // Errors: those of the encoder; unsupported (its points are not of the text encoder's space).
  [[nodiscard]] static Result<std::optional<Pictures>> open(const std::filesystem::path& encoder, int threads,
                                                            int dimension);

  // `meaning` together with the picture and the encoder.
  [[nodiscard]] std::uint64_t fingerprint(const Asset& asset, std::uint64_t meaning) const;

  // Moves the point of the asset's words to the middle between it and its picture's; all the way where the words tell
  // nothing ("IMG_2041"). What cannot be read as a picture leaves it where it is.
  void add(const Asset& asset, std::span<float> point) const;

 private:
  explicit Pictures(encode::ImageEncoder encoder);
  encode::ImageEncoder encoder_;
  std::uint64_t encoder_id_ = 0;
};

// Whether anything but the number that a camera gave is said of it.
[[nodiscard]] bool has_words(const Asset& asset);

}  // namespace updraft::catalogue
