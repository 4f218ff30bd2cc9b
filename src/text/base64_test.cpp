#include "text/base64.h"

#include <gtest/gtest.h>

namespace updraft::text {
namespace {

TEST(Base64, GoesThereAndBack) {
  EXPECT_EQ(to_base64("Man"), "TWFu");
  EXPECT_EQ(to_base64("Ma"), "TWE=");
  EXPECT_EQ(to_base64("M"), "TQ==");
  EXPECT_EQ(to_base64(""), "");
  std::string bytes;
  for (int i = 0; i < 300; ++i) {
    EXPECT_EQ(from_base64(to_base64(bytes)), bytes);
    bytes += static_cast<char>(i);
  }
}

TEST(Base64, WhatIsNoneIsRefused) {
  for (const std::string_view wrong :
       {"A", "AB", "ABC", "AB=C", "A===", "====", "AB==CD==", "AB C", "TWFu\n", "TW-_", "TWF=", "TR=="}) {
    EXPECT_FALSE(from_base64(wrong)) << wrong;
  }
}

}  // namespace
}  // namespace updraft::text
