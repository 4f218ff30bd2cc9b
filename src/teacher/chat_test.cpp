#include "teacher/chat.h"

#include <gtest/gtest.h>

#include <nlohmann/json.hpp>

namespace updraft::teacher {
namespace {

using nlohmann::json;
using std::chrono::milliseconds;
using std::chrono::seconds;

const Stop never = [] { return false; };

std::string answer(const std::string& text) {
  return json{{"choices", json::array({{{"message", {{"content", text}}}, {"finish_reason", "stop"}}})},
              {"usage", {{"prompt_tokens", 11}, {"completion_tokens", 5}}}}
      .dump();
}

TEST(ChatRequest, HoldsModelAndMessages) {
  ChatOptions options;
  options.model = "large";
  options.max_tokens = 99;
  const std::vector<Message> messages = {{"system", "rules"}, {"user", "caf\xC3\xA9 \"menu\""}};
  const json request = json::parse(*chat_request(options, messages));
  EXPECT_EQ(request["model"], "large");
  EXPECT_EQ(request["max_tokens"], 99);
  EXPECT_EQ(request["messages"][1]["role"], "user");
  EXPECT_EQ(request["messages"][1]["content"], "caf\xC3\xA9 \"menu\"");
  EXPECT_EQ(request["response_format"]["type"], "json_object");
  options.json_mode = false;
  EXPECT_FALSE(json::parse(*chat_request(options, messages)).contains("response_format"));
}

TEST(ChatRequest, MergesWhatTheUserAdds) {
  ChatOptions options;
  options.extra = R"({"max_tokens": null, "max_completion_tokens": 7})";
  const json request = json::parse(*chat_request(options, {}));
  EXPECT_FALSE(request.contains("max_tokens"));
  EXPECT_EQ(request["max_completion_tokens"], 7);
  for (const char* extra : {"{", "[]", "3"}) {
    options.extra = extra;
    EXPECT_EQ(chat_request(options, {}).error().code, ErrorCode::invalid_argument) << extra;
  }
  options.extra.clear();
  EXPECT_FALSE(chat_request(options, std::vector<Message>{{"user", "\xFF"}}).has_value());
}

TEST(ReadAnswer, ReadsTextAndTokens) {
  const auto read = read_answer(answer("hello"));
  ASSERT_TRUE(read.has_value());
  EXPECT_EQ(read->text, "hello");
  EXPECT_FALSE(read->cut);
  EXPECT_EQ(read->tokens_in, 11U);
  EXPECT_EQ(read->tokens_out, 5U);
  const auto cut = read_answer(R"({"choices":[{"message":{"content":"he"},"finish_reason":"length"}]})");
  ASSERT_TRUE(cut.has_value());
  EXPECT_TRUE(cut->cut);
  EXPECT_EQ(cut->tokens_in, 0U);
}

TEST(ReadAnswer, RefusesWhatIsNone) {
  for (const std::string& body :
       {std::string(), std::string("{"), std::string("[]"), std::string("{}"), std::string(R"({"choices":[]})"),
        std::string(R"({"choices":[3]})"), std::string(R"({"choices":[{"message":3}]})"),
        std::string(R"({"choices":[{"message":{"content":null}}]})"), std::string("\xFF"), std::string(1 << 16, '[')}) {
    const auto read = read_answer(body);
    ASSERT_FALSE(read.has_value()) << body.substr(0, 80);
    EXPECT_EQ(read.error().code, ErrorCode::corrupt);
  }
}

TEST(ReadAnswer, TellsAnErrorThatComesAsAnAnswer) {
  EXPECT_EQ(read_answer(R"({"error":{"message":"no such model"}})").error().message,
            "the answer holds no choices: no such model");
}

TEST(ReadAnswer, BelievesNoAbsurdCounts) {
  for (const char* count : {"-5", "1e300", "99999999999999999999", "\"3\"", "18446744073709551615"}) {
    const auto read =
        read_answer(R"({"choices":[{"message":{"content":""}}],"usage":{"prompt_tokens":)" + std::string(count) + "}}");
    ASSERT_TRUE(read.has_value()) << count;
    EXPECT_EQ(read->tokens_in, 0U) << count;
  }
}

TEST(DelayAfter, DoublesUpToTheLongest) {
  const RetryOptions options;
  EXPECT_EQ(delay_after(1, {}, 1.0, options), milliseconds(1000));
  EXPECT_EQ(delay_after(2, {}, 1.0, options), milliseconds(2000));
  EXPECT_EQ(delay_after(4, {}, 1.0, options), milliseconds(8000));
  EXPECT_EQ(delay_after(100, {}, 1.0, options), milliseconds(60'000));
  EXPECT_EQ(delay_after(4, {}, 0.0, options), milliseconds(4000));
  EXPECT_EQ(delay_after(4, {}, 0.5, options), milliseconds(6000));
}

TEST(DelayAfter, HonoursRetryAfter) {
  const RetryOptions options;
  EXPECT_GE(delay_after(1, seconds(7), 0.0, options), seconds(7));
  EXPECT_LE(delay_after(1, seconds(7), 1.0, options), seconds(8));
  EXPECT_GE(delay_after(6, seconds(1), 0.0, options), milliseconds(16'000)) << "the server's wish is the least";
}

class AskTest : public testing::Test {
 protected:
  using Reply = Result<HttpResponse>;
  static Reply status(int code, std::optional<seconds> retry_after = {}, const std::string& body = "") {
    return HttpResponse{code, body, retry_after};
  }
  static Reply broken() { return fail(ErrorCode::io, "connection reset"); }
  static Reply good() { return HttpResponse{200, answer("hello"), {}}; }

  Result<Answer> run(std::vector<Reply> replies, const Stop& stop = never) {
    sent = 0;
    const Transport transport = [&](const std::string& body, const Stop&) {
      EXPECT_EQ(body, "request");
      const auto next = static_cast<std::size_t>(sent++);
      return next < replies.size() ? replies[next] : broken();
    };
    const Patience patience{{},
                            [] { return 1.0; },
                            [this](milliseconds delay, const Stop&) { waits.push_back(delay); },
                            [this](const Error& error) { reasons.push_back(error.message); }};
    return ask(transport, "request", patience, stop);
  }

  int sent = 0;
  std::vector<milliseconds> waits;
  std::vector<std::string> reasons;
};

TEST_F(AskTest, AnswersAtOnceWhenAllIsWell) {
  EXPECT_EQ(run({good()})->text, "hello");
  EXPECT_TRUE(waits.empty());
}

TEST_F(AskTest, AsksAgainWhatMayPass) {
  const auto read = run({status(429, seconds(30)), broken(), status(500), status(503), good()});
  ASSERT_TRUE(read.has_value()) << read.error().message;
  EXPECT_EQ(sent, 5);
  ASSERT_EQ(waits.size(), 4U);
  EXPECT_GE(waits[0], seconds(30));
  EXPECT_EQ(waits[1], seconds(2));
  EXPECT_EQ(waits[2], seconds(4));
  EXPECT_EQ(waits[3], seconds(8));
  EXPECT_EQ(reasons[1], "connection reset");
}

TEST_F(AskTest, GivesUpInTheEnd) {
  const auto read = run({});
  ASSERT_FALSE(read.has_value());
  EXPECT_EQ(read.error().code, ErrorCode::io);
  EXPECT_EQ(sent, RetryOptions().attempts);
  EXPECT_NE(read.error().message.find("connection reset"), std::string::npos);
}

TEST_F(AskTest, DoesNotAskAgainWhatCannotPass) {
  const std::vector<std::pair<Reply, ErrorCode>> cases = {
      {status(401), ErrorCode::invalid_argument},
      {status(404), ErrorCode::invalid_argument},
      {status(301), ErrorCode::invalid_argument},
      {status(429, seconds(1'000'000)), ErrorCode::invalid_argument},
      {status(400), ErrorCode::corrupt},
      {HttpResponse{200, "no JSON", {}}, ErrorCode::corrupt},
      {fail(ErrorCode::corrupt, "too large"), ErrorCode::corrupt},
      {fail(ErrorCode::unsupported, "TLS"), ErrorCode::unsupported},
      {fail(ErrorCode::cancelled, "stopped"), ErrorCode::cancelled},
  };
  for (const auto& [reply, code] : cases) {
    const auto read = run({reply, good()});
    ASSERT_FALSE(read.has_value());
    EXPECT_EQ(read.error().code, code) << read.error().message;
    EXPECT_EQ(sent, 1);
  }
}

TEST_F(AskTest, TellsWhatTheServerSaysInOneLine) {
  const auto read = run({status(401, {}, R"({"error":{"message":"wrong\nkey \u001b[2J"}})")});
  EXPECT_EQ(read.error().message, "HTTP 401: wrong key \uFFFD[2J");
  EXPECT_EQ(run({status(400, {}, std::string(5000, 'x'))}).error().message.size(), 10 + 200);
}

TEST_F(AskTest, StopsBetweenAttempts) {
  const auto read = run({}, [this] { return sent == 2; });
  EXPECT_EQ(read.error().code, ErrorCode::cancelled);
  EXPECT_EQ(sent, 2);
}

}  // namespace
}  // namespace updraft::teacher
