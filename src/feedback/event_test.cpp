#include <gtest/gtest.h>

#include "feedback/event_json.h"
#include "updraft/feedback.h"

namespace updraft::feedback {
namespace {

const std::string good =
    R"({"id":"a-1","kind":"click","user":"ann","session":"s","intent":"holiday sale","task":"template",)"
    R"("prompt":"red holiday sale flyer","position":2,"words":4,"return":9,"asset":"7","at":"2025-11-26T10:00:00.250Z"})";

std::string with(const std::string& from, const std::string& to) {
  std::string line = good;
  line.replace(line.find(from), from.size(), to);
  return line;
}

std::string refusal(const std::string& line) {
  const auto event = parse_event(line);
  return event ? "" : event.error().message;
}

TEST(FeedbackEvents, AreReadAndWrittenAsJson) {
  const auto event = parse_event(good);
  ASSERT_TRUE(event) << event.error().message;
  EXPECT_EQ(event->kind, FeedbackKind::click);
  EXPECT_EQ(event->task, Task::template_);
  EXPECT_EQ(event->position, 2);
  EXPECT_EQ(event->at.time_since_epoch().count(), 1764151200250);
  EXPECT_EQ(to_json(*event).dump(), good);
}

TEST(FeedbackEvents, MayLeaveOutWhoseTheyAreAndWhen) {
  const auto event = parse_event(
      R"({"id":"1","kind":"like","intent":"x","task":"query","prompt":"y","position":0,"words":1,"return":0,"user":null})");
  ASSERT_TRUE(event) << event.error().message;
  EXPECT_EQ(event->user, "");
  EXPECT_EQ(event->at, FeedbackTime());
  EXPECT_FALSE(to_json(*event).contains("at"));
}

TEST(FeedbackEvents, AreRefusedInOneLineThatNamesTheField) {
  EXPECT_EQ(refusal("[]"), "it is not a JSON object");
  EXPECT_EQ(refusal("{"), "it is not valid JSON");
  EXPECT_EQ(refusal("\xFF"), "it is not valid UTF-8");
  EXPECT_EQ(refusal(std::string(70'000, ' ')), "it is longer than 65536 bytes");
  EXPECT_EQ(refusal(with("\"id\":\"a-1\",", "")), "the field 'id' is missing");
  EXPECT_EQ(refusal(with("a-1", "")), "the id must be 1 to 64 letters, digits and . _ : -");
  EXPECT_EQ(refusal(with("a-1", "a b")), "the id must be 1 to 64 letters, digits and . _ : -");
  EXPECT_EQ(refusal(with("a-1", std::string(65, 'a'))), "the id must be 1 to 64 letters, digits and . _ : -");
  EXPECT_EQ(refusal(with("click", "CLICK")), "the kind is none of impression, click, like, insert, dismiss");
  EXPECT_EQ(refusal(with("template", "intent")), "the task must be query, related, template or image");
  EXPECT_EQ(refusal(with("\"position\":2", "\"position\":-1")), "the position must be from 0 to 999");
  EXPECT_EQ(refusal(with("\"position\":2", "\"position\":18446744073709551615")), "the position must be from 0 to 999");
  EXPECT_EQ(refusal(with("\"position\":2", "\"position\":-9223372036854775808")), "the position must be from 0 to 999");
  EXPECT_EQ(refusal(with("\"position\":2", "\"position\":2.5")), "the field 'position' is no whole number");
  EXPECT_TRUE(parse_event(with("\"position\":2", "\"position\":2.0")));
  EXPECT_EQ(refusal(with("\"words\":4", "\"words\":100")), "the words must be from 1 to 99");
  EXPECT_EQ(refusal(with("\"return\":9", "\"return\":10")), "the return must be from 0 to 9");
  EXPECT_EQ(refusal(with("\"return\"", "\"returns\"")), "it has a field that events do not have");
  EXPECT_EQ(refusal(with("2025-11-26T10:00:00.250Z", "yesterday")),
            "the field 'at' is no time like 2025-11-26T10:00:00Z");
  EXPECT_EQ(refusal(with("2025-11-26T10:00:00.250Z", "1969-12-31T23:59:59Z")),
            "the time must lie between the years 1970 and 9999");
  EXPECT_EQ(refusal(with("red holiday sale flyer", " ")), "the prompt is empty");
  EXPECT_EQ(refusal(with("holiday sale\"", std::string(5000, 'x') + "\"")), "the intent is longer than 4096 bytes");
  EXPECT_EQ(refusal(with("holiday sale\"", "a\\u0000b\"")), "the intent holds a control character");
  EXPECT_EQ(refusal(with("holiday sale\"", "holiday\\n\\tsale\"")), "") << "somebody pressed return while typing";
  EXPECT_NE(refusal(with("ann", std::string(65, 'x'))).find("longer than 64 characters"), std::string::npos);
  std::string wide;
  for (int i = 0; i < 64; ++i) wide += "\xF0\x9F\x98\x80";
  EXPECT_EQ(refusal(with("ann", wide)), "") << "64 characters, of four bytes each";
}

TEST(FeedbackEvents, ThatAreNoneAreToldWithTheirLineAndTheRestGoesOn) {
  std::string taken, refused;
  const auto done = read_events(
      "\xEF\xBB\xBF" + good + "\r\n\n{}\n" + with("a-1", "b") + "\nnonsense\n" + with("a-1", "c"),
      [&](FeedbackEvent event) -> Result<> {
        taken += event.id + " ";
        return {};
      },
      [&](std::size_t line, const std::string& reason) { refused += std::to_string(line) + " " + reason + "\n"; });
  ASSERT_TRUE(done);
  EXPECT_EQ(taken, "a-1 b c ");
  EXPECT_EQ(refused, "3 the field 'id' is missing\n5 it is not valid JSON\n");
  int times = 0;
  const auto stopped = read_events(
      good + "\n" + good,
      [&](FeedbackEvent) -> Result<> {
        ++times;
        return fail(ErrorCode::io, "full");
      },
      [](std::size_t, const std::string&) {});
  EXPECT_FALSE(stopped);
  EXPECT_EQ(times, 1);
}

}  // namespace
}  // namespace updraft::feedback
