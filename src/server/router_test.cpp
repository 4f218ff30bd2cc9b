#include "server/router.h"

#include <gtest/gtest.h>

namespace updraft::server {
namespace {

TEST(Router, APatternTakesWhatStandsInItsPlace) {
  EXPECT_EQ(match("/v1/models", "/v1/models"), "");
  EXPECT_EQ(match("/v1/models", "/v1/models/"), std::nullopt);
  EXPECT_EQ(match("/v1/assets/{id}", "/v1/assets/holiday%2Ftree.svg"), "holiday/tree.svg");
  EXPECT_EQ(match("/v1/assets/{id}", "/v1/assets/holiday/tree.svg"), "holiday/tree.svg");
  EXPECT_EQ(match("/v1/assets/{id}/picture", "/v1/assets/a/picture"), "a");
  EXPECT_EQ(match("/v1/assets/{id}/picture", "/v1/assets/picture"), std::nullopt);
  EXPECT_EQ(match("/v1/assets/{id}", "/v1/assets/"), std::nullopt);
}

TEST(Router, WhatIsNoPercentEncodingFitsNothing) {
  EXPECT_EQ(percent_decoded("a%20b%C3%A9"), "a bé");
  for (const std::string_view wrong : {"%", "%2", "%zz", "%-1", "%ff", "a%"}) {
    EXPECT_EQ(percent_decoded(wrong), std::nullopt) << wrong;
    EXPECT_EQ(match("/v1/assets/{id}", "/v1/assets/" + std::string(wrong)), std::nullopt) << wrong;
  }
}

TEST(Router, AQueryHasTheValuesOfOneName) {
  using Values = std::vector<std::string>;
  EXPECT_EQ(query_values("id=a&id=b%26%2Cc&id=d+e", "id"), (Values{"a", "b&,c", "d e"}));
  EXPECT_EQ(query_values("", "id"), Values());
  EXPECT_EQ(query_values("id", "id"), Values{""});
  EXPECT_EQ(query_values("id=&id=a=b&", "id"), (Values{"", "a=b"}));
  for (const char* wrong : {"x=1", "id=a&x=1", "idx=1", "id=%", "id=%ff", "&"}) {
    EXPECT_EQ(query_values(wrong, "id"), std::nullopt) << wrong;
  }
}

}  // namespace
}  // namespace updraft::server
