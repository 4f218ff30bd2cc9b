#include "catalogue/events.h"

#include <gtest/gtest.h>

namespace updraft::catalogue {
namespace {

TEST(Events, AreReadWithTheirTimes) {
  const auto events = parse_events(
      "\xEF\xBB\xBF{\"asset\": \"a\", \"event\": \"view\", \"time\": 12.5}\r\n\n"
      "{\"asset\": 7, \"event\": \"dismiss\", \"user\": {\"id\": 1}}\n"
      "{\"asset\": \"b\", \"event\": \"buy\", \"time\": \"1970-01-02T00:00:01Z\"}",
      [](const Refusal& refusal) { ADD_FAILURE() << refusal.reason; });
  ASSERT_TRUE(events);
  std::string told;
  for (const Event& event : *events) {
    told += event.asset + " " + std::string(name(event.kind)) + " " + std::to_string(event.time) + "\n";
  }
  EXPECT_EQ(told, "a view 12.500000\n7 dismiss 0.000000\nb buy 86401.000000\n");
}

TEST(Events, ThatAreNoneAreToldAndTheRestGoesOn) {
  std::string refused;
  const auto events = parse_events(
      "[]\n{\"event\": \"view\"}\n{\"asset\": \"\", \"event\": \"view\"}\n{\"asset\": \"a\"}\n"
      "{\"asset\": \"a\", \"event\": \"VIEW\"}\n{\"asset\": \"a\", \"event\": \"view\", \"time\": \"soon\"}\n"
      "{\"asset\": \"a\", \"event\": \"view\", \"time\": true}\n{\"asset\": \"\xFF\", \"event\": \"view\"}\n{\n" +
          std::string(70'000, ' ') + "x\n{\"asset\": \"" + std::string(600, 'i') + "\", \"event\": \"view\"}\n" +
          std::string(30, '[') + std::string(30, ']') + "\n{\"asset\": \"good\", \"event\": \"click\"}\n",
      [&](const Refusal& refusal) { refused += std::to_string(refusal.line) + " " + refusal.reason + "\n"; });
  ASSERT_TRUE(events);
  ASSERT_EQ(events->size(), 1U);
  EXPECT_EQ(events->front().asset, "good");
  EXPECT_EQ(refused,
            "1 it is not a JSON object\n"
            "2 it names no asset\n"
            "3 it names no asset\n"
            "4 the event is none of view, click, like, buy, dismiss\n"
            "5 the event is none of view, click, like, buy, dismiss\n"
            "6 the time is neither seconds nor like 2025-11-26T10:00:00Z\n"
            "7 the time is neither seconds nor like 2025-11-26T10:00:00Z\n"
            "8 it is not valid UTF-8\n"
            "9 it is not valid JSON\n"
            "10 it is longer than 65536 bytes\n"
            "11 the id of the asset is longer than 512 bytes\n"
            "12 it is nested too deeply\n");
}

}  // namespace
}  // namespace updraft::catalogue
