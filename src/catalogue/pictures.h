// What pictures add to the points of assets.
#pragma once

#include <cstdint>
#include <filesystem>
#include <optional>
#include <span>
#include <variant>
#include <vector>

#include "encode/image_encoder.h"
#include "pair/encoders.h"
#include "updraft/catalogue.h"

namespace updraft::catalogue {

class Pictures {
 public:
  // By the image encoder of the pair, where one is named. Errors: those of the encoder; unsupported (its points are not
  // of the text encoder's space).
  [[nodiscard]] static Result<std::optional<Pictures>> open(const IndexOptions& options, int dimension);

  // `meaning` of the asset's words together with the picture and the encoder. Errors name the file: not_found, io.
  [[nodiscard]] Result<std::uint64_t> fingerprint(const std::filesystem::path& picture, std::uint64_t meaning) const;
  // That of an asset whose picture cannot be looked at.
  [[nodiscard]] std::uint64_t fingerprint_of_unseen(std::uint64_t meaning) const;

  // Moves the point of the asset's words to the middle between it and its picture's; all the way where the words tell
  // nothing ("IMG_2041"), and with a pair, whose pictures and texts lie in two regions of its space: what is between
  // them would be nearer to any text than a picture that shows just that. Errors name the file, and the point stays
  // where it is: those of fingerprint() and of image::decode.
  [[nodiscard]] Result<> add(const Asset& asset, const std::filesystem::path& picture, std::span<float> point) const;

  // Whether an asset whose picture cannot be looked at stands where its words do. With a pair it stands nowhere, and is
  // found by its words: its point would be nearer to any text than all pictures.
  [[nodiscard]] bool place_unseen() const { return !is_of_pair(); }

 private:
  using Either = std::variant<encode::ImageEncoder, pair::ImageEncoder>;
  explicit Pictures(Either encoder);
  [[nodiscard]] bool is_of_pair() const { return std::holds_alternative<pair::ImageEncoder>(encoder_); }
  [[nodiscard]] Result<std::vector<float>> point_of(const encode::Pixels& pixels) const;

  Either encoder_;
  std::uint64_t encoder_id_ = 0;
};

// Whether anything but the number that a camera gave is said of it.
[[nodiscard]] bool has_words(const Asset& asset);

}  // namespace updraft::catalogue
