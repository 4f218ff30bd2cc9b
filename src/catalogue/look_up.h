// What of a text is looked up in the two indexes, and what of their answers counts: the part that searches and
// recommendations share.
#pragma once

#include <optional>
#include <span>
#include <string>
#include <string_view>
#include <vector>

#include "catalogue/backend.h"
#include "catalogue/encoder.h"

namespace updraft::catalogue {

// Errors: invalid_argument.
[[nodiscard]] Result<> check_lookup(std::size_t limit, double lambda, const Filters& filters);
[[nodiscard]] Result<> check_points(std::span<const std::vector<float>> points);

// In one state of the catalogue. What it was made of outlives it.
class LookUp {
 public:
  LookUp(View& view, const std::optional<Encoder>& encoder, const Filters& filters)
      : view_(view), encoder_(encoder), filters_(filters) {}

  // The text, with those of its words replaced that the catalogue does not hold and that are nearly one that it does.
  // Words that the encoder knows are no mistakes.
  [[nodiscard]] Result<std::string> correct(std::string_view text, std::vector<Correction>& corrections);

  // [texts.size(), dimension]; empty: the catalogue is searched by words alone. Errors: the encoder's.
  [[nodiscard]] Result<std::vector<float>> encode(std::span<const std::string> texts) const;

  // The 200 best each. Neighbours that mean something else are none.
  [[nodiscard]] Result<std::vector<Found>> by_words(const std::string& text);
  // Errors: invalid_argument, too (a point of another dimension than the catalogue's).
  [[nodiscard]] Result<std::vector<Found>> by_point(std::span<const float> point);

 private:
  Result<std::vector<std::string>> telling_words(const std::string& text);

  View& view_;
  const std::optional<Encoder>& encoder_;
  const Filters& filters_;
};

}  // namespace updraft::catalogue
