// The words for colours: which hues they may be told apart by, and how they look. Intents are read by them, pictures
// described.
#pragma once

#include <array>
#include <cstdint>
#include <span>
#include <string_view>

namespace updraft::text {

// A set of hues, one bit each. A name may belong to several: teal is blue and green.
using Hues = std::uint32_t;
namespace hue {
enum : Hues {
  red = 1U << 0U,
  orange = 1U << 1U,
  yellow = 1U << 2U,
  green = 1U << 3U,
  blue = 1U << 4U,
  purple = 1U << 5U,
  pink = 1U << 6U,
  brown = 1U << 7U,
  black = 1U << 8U,
  white = 1U << 9U,
  grey = 1U << 10U,
};
}  // namespace hue

enum class ColourUse {
  name,   // of a colour and of nothing else: "navy"
  dye,    // of a thing, said of colours as often, which is what it is where it stands alone between commas: "coral"
  thing,  // of a thing, and a colour only beside a colour: "lemon"
};

struct ColourName {
  std::string_view word;
  ColourUse use = ColourUse::name;
  Hues hues = 0;
  // Some of the colours that people call so, 0xrrggbb; the rest is `no_tone`. Only words that pictures are described
  // with have tones: those that intents use most, one for each region of colours.
  std::array<std::uint32_t, 8> tones{};
};
inline constexpr std::uint32_t no_tone = 0;  // black is 0x000001

[[nodiscard]] std::span<const ColourName> colour_names();

// 0 if it is none.
[[nodiscard]] Hues hues_of(std::string_view word, ColourUse use);

}  // namespace updraft::text
