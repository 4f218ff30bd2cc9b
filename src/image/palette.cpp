// Colours by name: each colour that occurs takes the name of the nearest tone that people call something.
#include <algorithm>
#include <array>
#include <cmath>
#include <cstdint>
#include <limits>
#include <map>
#include <utility>

#include "image/describe.h"
#include "text/colour_names.h"

namespace updraft::image {
namespace {

constexpr double least_share = 0.04;
constexpr std::size_t max_colours = 5;
// People name colours by hue first: how light they are counts for less.
constexpr double lightness_weight = 0.6;

using Point = std::array<double, 3>;

double linear(double value) { return value <= 0.04045 ? value / 12.92 : std::pow((value + 0.055) / 1.055, 2.4); }

// Oklab, where distances are about as people see them (bottosson.github.io/posts/oklab); lightness weighed.
Point point_of(std::uint32_t rgb) {
  const double r = linear((rgb >> 16U & 255U) / 255.0), g = linear((rgb >> 8U & 255U) / 255.0),
               b = linear((rgb & 255U) / 255.0);
  const double l = std::cbrt(0.4122214708 * r + 0.5363325363 * g + 0.0514459929 * b);
  const double m = std::cbrt(0.2119034982 * r + 0.6806995451 * g + 0.1073969566 * b);
  const double s = std::cbrt(0.0883024619 * r + 0.2817188376 * g + 0.6299787005 * b);
  return {lightness_weight * (0.2104542553 * l + 0.7936177850 * m - 0.0040720468 * s),
          1.9779984951 * l - 2.4285922050 * m + 0.4505937099 * s,
          0.0259040371 * l + 0.7827717662 * m - 0.8086757660 * s};
}

struct Tone {
  Point point;
  std::string_view name;
};

std::vector<Tone> all_tones() {
  std::vector<Tone> tones;
  for (const text::ColourName& name : text::colour_names()) {
    for (const std::uint32_t rgb : name.tones) {
      if (rgb != text::no_tone) tones.push_back({point_of(rgb), name.word});
    }
  }
  return tones;
}

std::string_view nearest(const std::vector<Tone>& tones, const Point& point) {
  double least = std::numeric_limits<double>::max();
  std::string_view name;
  for (const Tone& tone : tones) {
    double distance = 0;
    for (std::size_t i = 0; i < 3; ++i) distance += (tone.point[i] - point[i]) * (tone.point[i] - point[i]);
    if (distance < least) least = distance, name = tone.name;
  }
  return name;
}

}  // namespace

std::vector<NamedColour> palette_of(const Picture& picture) {
  // Colours of five bits a channel: 32 steps.
  std::vector<std::uint32_t> counts(std::size_t{1} << 15U);
  for (std::size_t i = 0; i + 2 < picture.rgb.size(); i += 3) {
    ++counts[(picture.rgb[i] >> 3U) << 10U | (picture.rgb[i + 1] >> 3U) << 5U | picture.rgb[i + 2] >> 3U];
  }
  const auto widened = [](std::uint32_t five_bits) { return five_bits << 3U | five_bits >> 2U; };
  const std::vector<Tone> tones = all_tones();
  std::map<std::string_view, double> shares;
  for (std::uint32_t bin = 0; bin < counts.size(); ++bin) {
    if (counts[bin] == 0) continue;
    const std::uint32_t rgb = widened(bin >> 10U) << 16U | widened(bin >> 5U & 31U) << 8U | widened(bin & 31U);
    shares[nearest(tones, point_of(rgb))] += counts[bin];
  }
  // What was transparent is white now, and no colour of the picture.
  const double area = static_cast<double>(picture.width) * picture.height;
  double& white = shares["white"];
  const double seen_through = std::min(white, picture.transparent * area);
  white -= seen_through;

  std::vector<NamedColour> palette;
  for (const auto& [name, count] : shares) {
    const double share = count / std::max(area - seen_through, 1.0);
    if (share >= least_share) palette.push_back({name, std::min(share, 1.0)});
  }
  std::stable_sort(palette.begin(), palette.end(), [](const auto& a, const auto& b) { return a.share > b.share; });
  if (palette.size() > max_colours) palette.resize(max_colours);
  return palette;
}

}  // namespace updraft::image
