#include "image/describe.h"

#include <gtest/gtest.h>

#include <cmath>
#include <functional>
#include <numeric>
#include <string>

#include "image/decode.h"
#include "image/kind.h"
#include "image/written.h"
#include "text/colour_names.h"

namespace updraft::image {
namespace {

Picture filled(int width, int height, const std::function<std::uint32_t(int, int)>& rgb_at) {
  Picture picture{.width = width, .height = height, .rgb = {}, .source_width = width, .source_height = height};
  for (int y = 0; y < height; ++y) {
    for (int x = 0; x < width; ++x) {
      const std::uint32_t rgb = rgb_at(x, y);
      for (const unsigned shift : {16U, 8U, 0U}) picture.rgb.push_back(static_cast<std::uint8_t>(rgb >> shift & 255U));
    }
  }
  return picture;
}

std::string first_colour(std::uint32_t rgb) {
  const auto palette = palette_of(filled(4, 4, [&](int, int) { return rgb; }));
  EXPECT_EQ(palette.size(), 1U);
  EXPECT_EQ(palette.front().share, 1);
  return std::string(palette.front().name);
}

TEST(Describe, NamesTheShape) {
  EXPECT_EQ(aspect_of(1080, 1080), Aspect::square);
  EXPECT_EQ(aspect_of(1080, 1920), Aspect::tall);
  EXPECT_EQ(aspect_of(1080, 1350), Aspect::portrait);
  EXPECT_EQ(aspect_of(1920, 1080), Aspect::landscape);
  EXPECT_EQ(aspect_of(728, 90), Aspect::banner);
  EXPECT_EQ(aspect_of(1, 65535), Aspect::tall);
}

TEST(Describe, NamesColoursAsPeopleDo) {
  EXPECT_EQ(first_colour(0xffffff), "white");
  EXPECT_EQ(first_colour(0x000000), "black");
  EXPECT_EQ(first_colour(0x777777), "grey");
  EXPECT_EQ(first_colour(0xe00010), "red");
  EXPECT_EQ(first_colour(0x0a7a20), "green");
  EXPECT_EQ(first_colour(0x2040d0), "blue");
  EXPECT_EQ(first_colour(0x87bfe8), "blue");
  EXPECT_EQ(first_colour(0x0c1a44), "navy");
  EXPECT_EQ(first_colour(0xffd700), "yellow");
  EXPECT_EQ(first_colour(0xff7f10), "orange");
  EXPECT_EQ(first_colour(0xff80b0), "pink");
  EXPECT_EQ(first_colour(0x702090), "purple");
  EXPECT_EQ(first_colour(0x6b4423), "brown");
  EXPECT_EQ(first_colour(0x108080), "teal");
}

TEST(Describe, PaletteHasSharesAndLeavesOutWhatIsTransparent) {
  const auto decoded = decode(test::gif({}, 1, true), {.seconds = 60});  // red, green, blue, nothing
  ASSERT_TRUE(decoded.has_value());
  const auto palette = palette_of(*decoded);
  ASSERT_EQ(palette.size(), 3U);
  for (const NamedColour& colour : palette) EXPECT_NEAR(colour.share, 1.0 / 3, 1e-9) << colour.name;
  // A few pixels of a colour are no part of it.
  const auto mostly =
      palette_of(filled(100, 100, [](int x, int y) { return y == 0 && x < 90 ? 0xff0000U : 0xffffffU; }));
  ASSERT_EQ(mostly.size(), 1U);
  EXPECT_EQ(mostly.front().name, "white");
}

TEST(Describe, EveryToneHasItsOwnName) {
  for (const text::ColourName& name : text::colour_names()) {
    for (const std::uint32_t tone : name.tones) {
      if (tone == text::no_tone) continue;
      // Steps of five bits may fall to a neighbour that is as near.
      const text::Hues hues = text::hues_of(first_colour(tone), text::ColourUse::name) |
                              text::hues_of(first_colour(tone), text::ColourUse::dye);
      EXPECT_NE(hues & name.hues, 0U) << name.word << ' ' << std::hex << tone;
    }
  }
}

TEST(Describe, TellsKindsApart) {
  const auto kind_of = [](const Picture& picture) { return std::string(name(describe(picture).kind)); };
  // Smooth light with the grain of a camera.
  std::uint32_t state = 1;
  const Picture photo = filled(400, 300, [&](int x, int y) {
    state = state * 1664525U + 1013904223U;
    const double wave = std::sin(0.02 * x) * std::cos(0.013 * y) + 0.5 * std::sin(0.05 * (x + y));
    const auto level = static_cast<std::uint32_t>(110 + 50 * wave) + (state >> 28U);
    return level << 16U | (level * 4 / 5) << 8U | level * 3 / 5;
  });
  EXPECT_EQ(kind_of(photo), "photo");
  const auto icon =
      decode(test::bytes_of("<svg xmlns='http://www.w3.org/2000/svg' width='24' height='24' viewBox='0 0 24 24'>"
                            "<path d='M3 12h18M12 3v18' stroke='#000' stroke-width='2' fill='none'/></svg>"),
             {.side = 512, .seconds = 60});
  ASSERT_TRUE(icon.has_value()) << icon.error().message;
  EXPECT_EQ(kind_of(*icon), "icon");
  const Picture page = filled(800, 1100, [](int x, int y) {
    const bool inside = x > 80 && x < 720 - 40 * (y / 22 % 3) && y > 80 && y < 1020, line = y % 22 < 11;
    return inside && line && (x * 7 + y * 3) % 11 < 4 && x % 50 > 8 ? 0x202020U : 0xffffffU;
  });
  EXPECT_EQ(kind_of(page), "document");
}

TEST(Describe, ProbabilitiesSumToOneWhateverThePicture) {
  for (const auto& [width, height] : {std::pair(1, 1), {1, 500}, {500, 1}, {2, 2}}) {
    const Description d =
        describe(filled(width, height, [](int x, int y) { return static_cast<std::uint32_t>(x * y); }));
    const double sum = std::accumulate(d.kind_probabilities.begin(), d.kind_probabilities.end(), 0.0);
    EXPECT_NEAR(sum, 1, 1e-9);
    EXPECT_FALSE(d.palette.empty());
  }
}

}  // namespace
}  // namespace updraft::image
