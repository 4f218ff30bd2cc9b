#include "server/event_stream.h"

#include <gtest/gtest.h>

#include <algorithm>
#include <nlohmann/json.hpp>

namespace updraft::server {
namespace {

TEST(EventStream, AnEventIsANameAndOneLineOfJson) {
  EXPECT_EQ(event_text("text", {{"index", 1}}), "event: text\ndata: {\"index\":1}\n\n");
  EXPECT_EQ(event_text("", {{"index", 1}}), "data: {\"index\":1}\n\n");
}

TEST(EventStream, NoTextCanEndAnEventOrBeginAnother) {
  const std::string text = event_text("text", {{"text", "a\n\ndata: b\r\nevent: error\r\xE2\x80\xA8\xC2\x85\xFF"}});
  EXPECT_EQ(std::count(text.begin(), text.end(), '\n'), 3);
  EXPECT_EQ(text.find('\r'), std::string::npos);
  EXPECT_EQ(text.find("\n\n"), text.size() - 2);
}

}  // namespace
}  // namespace updraft::server
