#include "text/edit_distance.h"

#include <gtest/gtest.h>

namespace updraft::text {
namespace {

TEST(EditDistance, CountsMistakesUpToALimit) {
  EXPECT_EQ(edit_distance(U"holiday", U"holiday", 2), 0U);
  EXPECT_EQ(edit_distance(U"hoilday", U"holiday", 2), 1U);
  EXPECT_EQ(edit_distance(U"holliday", U"holiday", 2), 1U);
  EXPECT_EQ(edit_distance(U"holdy", U"holiday", 2), 2U);
  EXPECT_EQ(edit_distance(U"cat", U"dog", 2), 3U);
  EXPECT_EQ(edit_distance(U"a", U"abcdefgh", 2), 3U);
  EXPECT_EQ(edit_distance(U"", U"ab", 2), 2U);
}

}  // namespace
}  // namespace updraft::text
