// What can be told of a picture by measuring it: its shape, its colours, and what kind of picture it is.
#pragma once

#include <array>
#include <string_view>
#include <vector>

#include "image/picture.h"

namespace updraft::image {

// By width / height: a banner is at least twice as wide as high, a tall picture (a story) at least 1.7 times as high as
// wide; up to 5 % of difference is a square.
enum class Aspect { banner, landscape, square, portrait, tall };
[[nodiscard]] std::string_view name(Aspect aspect);
[[nodiscard]] Aspect aspect_of(int width, int height);

// A colour in the words of intents (text/colour_names.h).
struct NamedColour {
  std::string_view name;
  double share = 0;  // 0..1 of the picture's area, but for what is transparent
};
// The largest share first; five at most, none below 4 %.
[[nodiscard]] std::vector<NamedColour> palette_of(const Picture& picture);

enum class Kind { photo, illustration, icon, screenshot, document };
inline constexpr std::array kinds = {Kind::photo, Kind::illustration, Kind::icon, Kind::screenshot, Kind::document};
[[nodiscard]] std::string_view name(Kind kind);

struct Description {
  Aspect aspect = Aspect::square;
  double ratio = 1;  // width / height
  std::vector<NamedColour> palette;
  Kind kind = Kind::photo;
  std::array<double, kinds.size()> kind_probabilities{};  // of each of `kinds`
};

// Best on a picture of 512 to 1,024 pixels a side: kinds were fitted at 512 (see kind.h).
[[nodiscard]] Description describe(const Picture& picture);

}  // namespace updraft::image
