#include "intent/understanding.h"

#include <gtest/gtest.h>

namespace updraft::intent {
namespace {

TEST(Understanding, IsWrittenAsOneLineAndReadBack) {
  const Understanding understanding{"template",
                                    "home_realestate",
                                    "open house flyer",
                                    {{"format", "flyer"}, {"occasion", "open house"}, {"colors", "blue, white"}}};
  const std::string text = to_text(understanding);
  EXPECT_EQ(text, "template home open house flyer; format flyer; occasion open house; colors blue, white");
  const auto read = parse(text);
  ASSERT_TRUE(read.has_value()) << read.error().message;
  EXPECT_EQ(to_text(*read), text);
  EXPECT_EQ(read->category, "home_realestate");
  ASSERT_EQ(read->facets.size(), 3U);
  EXPECT_EQ(read->facets[1].value, "open house");
}

TEST(Understanding, SeparatorsInsideThePartsDoNotBreakTheForm) {
  const auto read = parse(to_text({"search", "retail", "red; green\nsigns", {{"subject", "signs; banners"}}}));
  ASSERT_TRUE(read.has_value()) << read.error().message;
  EXPECT_EQ(read->intent, "red, green signs");
  EXPECT_EQ(read->facets.at(0).value, "signs, banners");
}

TEST(Understanding, WhatIsNotOfTheFormIsRefused) {
  for (const std::string_view text :
       {"", "template", "template retail", "template retail ", "buy retail sale", "template nowhere sale",
        "template retail sale; size big", "template retail sale; format", "template retail sale; format ",
        "template retail sale; colors red; format flyer", "template retail sale; format flyer; format card"}) {
    EXPECT_FALSE(parse(text)) << text;
  }
}

}  // namespace
}  // namespace updraft::intent
