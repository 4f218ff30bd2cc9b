#include "text/time.h"

#include <gtest/gtest.h>

namespace updraft::text {
namespace {

TEST(Time, IsReadInTheFormOfRFC3339) {
  EXPECT_EQ(parse_time("1970-01-01T00:00:00Z"), 0);
  EXPECT_EQ(parse_time("2025-11-26T10:00:00Z"), 1764151200);
  EXPECT_EQ(parse_time("2025-11-26 12:30:00+02:30"), 1764151200);
  EXPECT_EQ(parse_time("2025-11-26T09:00:00.25-01:00"), 1764151200.25);
  for (const char* wrong :
       {"", "2025", "2025-11-26", "2025-13-01T00:00:00Z", "2025-02-30T00:00:00Z", "2025-11-26T10:00Z",
        "2025-11-26T24:00:00Z", "2025-11-26T10:00:00", "2025-11-26T10:00:00Zx", "2025-11-26T10:00:00.Z",
        "2025-11-26T10:00:00+0200", "-025-11-26T10:00:00Z", "2025-11-26T10:00:-1Z", "20 5-11-26T10:00:00Z"}) {
    EXPECT_FALSE(parse_time(wrong)) << wrong;
  }
}

TEST(Time, IsWrittenAsItIsRead) {
  EXPECT_EQ(to_time(0), "1970-01-01T00:00:00.000Z");
  EXPECT_EQ(to_time(1764151200250), "2025-11-26T10:00:00.250Z");
  EXPECT_EQ(parse_time(to_time(1764151200250)), 1764151200.25);
}

}  // namespace
}  // namespace updraft::text
