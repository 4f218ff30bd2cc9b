#include "eval/table.h"

#include <gtest/gtest.h>

namespace updraft::eval {
namespace {

TEST(Table, StandsInColumns) {
  EXPECT_EQ(table({{"system", "texts"}, {"a", "1.5"}, {"teacher", ""}}),
            "| system  | texts |\n"
            "|---------|------:|\n"
            "| a       |   1.5 |\n"
            "| teacher |       |\n");
}

TEST(Table, AMeanOfNothingIsAnEmptyCell) {
  Mean mean;
  EXPECT_EQ(percent(mean), "");
  mean.add(0.25);
  mean.add(0.5);
  EXPECT_EQ(percent(mean), "37.5 %");
}

}  // namespace
}  // namespace updraft::eval
