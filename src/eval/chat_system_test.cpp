#include "eval/chat_system.h"

#include <gtest/gtest.h>
#include <unistd.h>

#include <algorithm>
#include <array>
#include <map>
#include <mutex>
#include <nlohmann/json.hpp>

#include "http/fake_server.h"

namespace updraft::eval {
namespace {

using http::test::FakeServer;
using nlohmann::json;

std::string answer(const std::string& text, bool cut = false) {
  return FakeServer::http(
      200,
      json{{"choices",
            {{{"message", {{"role", "assistant"}, {"content", text}}}, {"finish_reason", cut ? "length" : "stop"}}}},
           {"usage", {{"prompt_tokens", 50}, {"completion_tokens", 7}}}}
          .dump());
}

corpus::Record record(const std::string& intent) {
  corpus::Record record;
  record.intent = intent;
  return record;
}

struct Asked {
  Result<Written> written;
  std::vector<std::string> retries;
};

Asked ask(const FakeServer& server, const Question& question) {
  const auto url = teacher::completions_url(server.url()).value();
  Asked asked{Written(), {}};
  std::mutex mutex;
  const System system = chat_system({.url = url, .model = "small", .examples = {}},
                                    {.transport = teacher::http_transport({.url = url, .api_key = ""}).value(),
                                     .wait = [](std::chrono::milliseconds) {},
                                     .retrying =
                                         [&](const Error& error) {
                                           const std::lock_guard lock(mutex);
                                           asked.retries.push_back(error.message);
                                         }});
  asked.written = system(question);
  return asked;
}

json body_of(const std::string& request) { return json::parse(request.substr(request.find("\r\n\r\n") + 4)); }

// Which task a request is about, told by the words for it in its last message.
std::size_t task_of(const json& request) {
  const auto question = request.at("messages").back().at("content").get<std::string>();
  const std::array about = {"search queries", "related ideas", "briefs", "image generator"};
  const auto found = std::find_if(about.begin(), about.end(),
                                  [&](const char* words) { return question.find(words) != std::string::npos; });
  return static_cast<std::size_t>(found - about.begin());
}

TEST(ChatSystem, AsksOnceATaskAndReadsItsList) {
  std::mutex mutex;
  std::map<std::size_t, json> requests;  // by task
  const FakeServer server([&](int, const std::string& bytes) {
    const json request = body_of(bytes);
    const std::size_t task = task_of(request);
    const std::lock_guard lock(mutex);
    EXPECT_TRUE(requests.emplace(task, request).second);
    return FakeServer::Reply{answer("1. first of " + std::to_string(task) + "\n2. second\n3. third\n4. fourth")};
  });
  const auto holiday = record("holiday sale");
  const auto written = ask(server, {holiday, 3, 5}).written;
  ASSERT_TRUE(written.has_value()) << written.error().message;
  ASSERT_EQ(requests.size(), prompt_tasks.size());
  for (std::size_t t = 0; t < prompt_tasks.size(); ++t) {
    ASSERT_EQ(written->texts[t].size(), 3U);  // it said more than it was asked for
    EXPECT_EQ(written->texts[t][0].text, "first of " + std::to_string(t));
    EXPECT_EQ(written->texts[t][2].text, "third");
    EXPECT_GT(written->texts[t][0].asked, 0);
    EXPECT_EQ(requests.at(t).at("model"), "small");
    EXPECT_EQ(requests.at(t).at("seed"), 5);
    EXPECT_FALSE(requests.at(t).contains("response_format"));
    EXPECT_NE(requests.at(t).at("messages").back().at("content").get<std::string>().find("holiday sale"),
              std::string::npos);
  }
  EXPECT_LT(requests.at(1).at("max_tokens"), requests.at(3).at("max_tokens"));
  EXPECT_EQ(written->tokens, 4U * 7);
  EXPECT_GT(written->seconds, 0);
  EXPECT_GT(written->memory_mb, 0);  // of the server, which is this process
}

TEST(ChatSystem, TakesAnAnswerThatIsNoListForNoText) {
  const FakeServer server([](int, const std::string& bytes) {
    return FakeServer::Reply{task_of(body_of(bytes)) == 0 ? answer("")
                                                          : answer("1. whole\n2. torn in the", /*cut=*/true)};
  });
  const auto intent = record("a");
  const auto written = ask(server, {intent, 2, 0}).written;
  ASSERT_TRUE(written.has_value()) << written.error().message;
  EXPECT_TRUE(written->texts[0].empty());
  ASSERT_EQ(written->texts[1].size(), 1U);
  EXPECT_EQ(written->texts[1][0].text, "whole");
}

TEST(ChatSystem, AsksAgainWhatMayPassAndGivesUpWhatDoesNot) {
  const auto intent = record("a");
  const FakeServer busy([](int number, const std::string&) {
    return FakeServer::Reply{number == 0 ? FakeServer::http(503, "{}") : answer("1. a")};
  });
  const Asked patient = ask(busy, {intent, 1, 0});
  ASSERT_TRUE(patient.written.has_value()) << patient.written.error().message;
  EXPECT_EQ(patient.retries.size(), 1U);
  const FakeServer locked([](int, const std::string&) { return FakeServer::Reply{FakeServer::http(401, "{}")}; });
  EXPECT_EQ(ask(locked, {intent, 1, 0}).written.error().code, ErrorCode::invalid_argument);
  EXPECT_EQ(locked.requests(), static_cast<int>(prompt_tasks.size()));  // once each
}

TEST(SettingsOf, ChangeWithAllThatDecidesTheTexts) {
  ChatSystemOptions options{.url = "http://127.0.0.1:1", .model = "a", .examples = {record("x"), record("y")}};
  const std::string settings = settings_of(options, {.intents = 10, .n = 8, .seed = 1});
  EXPECT_EQ(settings_of(options, {.intents = 300, .n = 8, .seed = 1}), settings);
  EXPECT_NE(settings_of(options, {.intents = 10, .n = 4, .seed = 1}), settings);
  EXPECT_NE(settings_of(options, {.intents = 10, .n = 8, .seed = 2}), settings);
  options.url = "http://127.0.0.1:2";
  EXPECT_EQ(settings_of(options, {.intents = 10, .n = 8, .seed = 1}), settings);
  options.examples.pop_back();
  EXPECT_NE(settings_of(options, {.intents = 10, .n = 8, .seed = 1}), settings);
}

}  // namespace
}  // namespace updraft::eval
