// Which kind of picture: a softmax regression over a few measures, fitted by updraft-fit-kinds (fit_kinds.cpp).
#pragma once

#include <array>
#include <cstddef>
#include <string_view>

#include "image/describe.h"

namespace updraft::image {

inline constexpr std::array<std::string_view, 16> feature_names = {
    "log colours",       // of 4 bits a channel, that take at least 0.02 % of the area
    "commonest colour",  // share of the area
    "four commonest",    //
    "flat",              // share of pixels that equal their right and their lower neighbour
    "smooth",            // share of pixels that differ a little from them: gradients, noise
    "edges",             // share of pixels that differ much
    "straight edges",    // share of those that carry on for 16 pixels to the right or downwards
    "transparent",       //
    "elongated",         // |log(width / height)|
    "tall",              // log(height / width)
    "log size",          // of the file's picture, in pixels
    "margin",            // share of the outermost pixels that have the commonest colour of them
    "saturation",        // mean of max - min, 0..1
    "light",             // share of pixels nearly white
    "empty rows",        // share of rows of one colour
    "row changes",       // how often empty and other rows take turns, per 100 rows
};
inline constexpr std::size_t n_features = feature_names.size();
using Features = std::array<double, n_features>;

[[nodiscard]] Features features_of(const Picture& picture);

// What the regression sees of them: standardised and bounded, then the squares of these, then 1.
inline constexpr std::size_t n_terms = 2 * n_features + 1;
using Terms = std::array<double, n_terms>;

struct KindModel {
  Features mean{}, scale{};  // (feature - mean) * scale
  std::array<Terms, kinds.size()> weights{};
};
[[nodiscard]] Terms terms_of(const KindModel& model, const Features& features);
[[nodiscard]] std::array<double, kinds.size()> kind_probabilities(const KindModel& model, const Features& features);

// By the model that we ship.
[[nodiscard]] std::array<double, kinds.size()> kind_probabilities(const Features& features);

}  // namespace updraft::image
