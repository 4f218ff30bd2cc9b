#include "vision/views.h"

#include <gtest/gtest.h>

namespace updraft::vision {
namespace {

// A red half to the left of a black one, in white.
image::Picture picture() {
  image::Picture p{.width = 40, .height = 30, .rgb = std::vector<std::uint8_t>(40 * 30 * 3, 255)};
  for (int y = 10; y < 20; ++y) {
    for (int x = 10; x < 30; ++x) {
      std::uint8_t* pixel = p.rgb.data() + (y * 40 + x) * 3;
      pixel[0] = x < 20 ? 255 : 0;
      pixel[1] = pixel[2] = 0;
    }
  }
  return p;
}

TEST(Views, TheFirstIsThePictureAndTheSecondItsMirrorImage) {
  const image::Picture p = picture();
  EXPECT_EQ(view_of(p, 0, 1).rgb, p.rgb);
  const View mirrored = view_of(p, 1, 1);
  EXPECT_EQ(mirrored.rgb[(15 * 40 + 15) * 3], 0);
  EXPECT_EQ(mirrored.rgb[(15 * 40 + 25) * 3], 255);
}

TEST(Views, ChanceGivesTheSameForTheSameSeedAndOthersForOthers) {
  const image::Picture p = picture();
  EXPECT_EQ(view_of(p, 2, 7).rgb, view_of(p, 2, 7).rgb);
  EXPECT_NE(view_of(p, 2, 7).rgb, view_of(p, 3, 7).rgb);
  EXPECT_NE(view_of(p, 2, 7).rgb, view_of(p, 2, 8).rgb);
  EXPECT_EQ(view_of(p, 2, 7).rgb.size(), std::size_t{224} * 224 * 3);
}

}  // namespace
}  // namespace updraft::vision
