#include "teacher/synthesize.h"

#include <gtest/gtest.h>

#include <algorithm>
#include <mutex>
#include <nlohmann/json.hpp>
#include <set>

#include "corpus/check.h"
#include "corpus/corpus.h"
#include "files/test_folder.h"
#include "http/fake_server.h"
#include "teacher/prompt.h"

namespace updraft::teacher {
namespace {

using http::test::FakeServer;
using nlohmann::json;

const Stop never = [] { return false; };

// A record that shares no words with that of another number.
json record(int number) {
  const auto words = [number](const std::string& letter, int count) {
    std::string text;
    for (int i = 0; i < count; ++i)
      text += (i > 0 ? " " : "") + letter + std::to_string(number) + "n" + std::to_string(i);
    return text;
  };
  json object = {{"intent", "?"}, {"category", "science"}, {"facets", json::object()}};
  object["raw"] = json::array({{{"text", "typed"}, {"goal", "search"}}, {{"text", "typed too"}, {"goal", "generate"}}});
  for (const Task task : prompt_tasks) {
    const std::string field(name(task));
    for (std::size_t i = 0; i < asked_prompts(task); ++i) {
      object[field].push_back(words(field.substr(0, 2) + std::to_string(i), trained_words(task).min + 1));
    }
  }
  return object;
}

std::string completion(const std::string& text) {
  return json{{"choices", json::array({{{"message", {{"content", text}}}, {"finish_reason", "stop"}}})},
              {"usage", {{"prompt_tokens", 1000}, {"completion_tokens", 500}}}}
      .dump();
}

// The intent or category that a request asks for: its first user message.
std::string asked(const std::string& request) {
  const json body = json::parse(request);
  const std::string content = body["messages"][1]["content"];
  const std::string line = content.substr(0, content.find('\n'));
  return line.starts_with("Intent: ") ? json::parse(line.substr(8)).get<std::string>() : line;
}
std::size_t messages(const std::string& request) { return json::parse(request)["messages"].size(); }

class SynthesizeTest : public testing::Test {
 protected:
  using Teacher = std::function<Result<HttpResponse>(const std::string& request)>;  // called under a lock

  SynthesizeTest() {
    options_.chat.model = "large";
    options_.out = folder_ / "new.jsonl";
    options_.intents = folder_ / "intents.txt";
    options_.in_flight = 3;
  }

  // One record after another.
  static Teacher good_teacher() {
    return [number = 0](const std::string&) mutable {
      return Result<HttpResponse>(HttpResponse{200, completion(record(number++).dump()), {}});
    };
  }

  Result<Progress> run(Teacher teacher, const Stop& stop = never) {
    std::mutex mutex;
    const Outside outside{[&](const std::string& request, const Stop&) {
                            const std::lock_guard lock(mutex);
                            requests_.push_back(request);
                            return teacher(request);
                          },
                          [](std::chrono::milliseconds, const Stop&) {}};
    return synthesize(options_, outside, stop,
                      {[this](const Progress& progress) { last_ = progress; },
                       [this](const std::string& note) { notes_.push_back(note); }});
  }

  [[nodiscard]] std::set<std::string> written() const {
    std::set<std::string> intents;
    std::istringstream content(folder_.read("new.jsonl"));
    for (std::string line; std::getline(content, line);) {
      std::vector<corpus::Finding> findings;
      const auto read = corpus::read_record(line, findings);
      EXPECT_TRUE(read.has_value() && findings.empty()) << line;
      EXPECT_TRUE(intents.insert(read.value_or(corpus::Record{}).intent).second) << line;
    }
    return intents;
  }
  using Intents = std::set<std::string>;

  files::test::Folder folder_;
  TeacherOptions options_;
  std::vector<std::string> requests_, notes_;
  Progress last_;
};

TEST_F(SynthesizeTest, WritesARecordForEachIntent) {
  folder_.write("intents.txt", "red barn photo\n\n  taco menu \r\nkite festival");
  options_.price_in = 2;
  options_.price_out = 10;
  const auto progress = run(good_teacher());
  ASSERT_TRUE(progress.has_value()) << progress.error().message;
  EXPECT_EQ(written(), (Intents{"red barn photo", "taco menu", "kite festival"}));
  EXPECT_EQ(progress->total, 3U);
  EXPECT_EQ(progress->done, 3U);
  EXPECT_EQ(progress->failed + progress->had + progress->dropped + progress->retries + progress->repairs, 0U);
  EXPECT_EQ(progress->tokens_in, 3000U);
  EXPECT_EQ(progress->tokens_out, 1500U);
  EXPECT_DOUBLE_EQ(progress->cost, 3000 * 2e-6 + 1500 * 10e-6);
  EXPECT_EQ(last_.done, 3U);
}

TEST_F(SynthesizeTest, DoesNotAskForWhatTheFileHolds) {
  folder_.write("intents.txt", "red barn photo\ntaco menu\n");
  ASSERT_TRUE(run(good_teacher()).has_value());
  const std::string before = folder_.read("new.jsonl");
  folder_.write("new.jsonl", before + before.substr(0, 100));  // killed while it wrote
  folder_.write("intents.txt", "red barn photo\ntaco menu\nkite festival\n");
  requests_.clear();
  const auto progress = run([](const std::string&) {
    return Result<HttpResponse>(HttpResponse{200, completion(record(77).dump()), {}});
  });
  ASSERT_TRUE(progress.has_value()) << progress.error().message;
  ASSERT_EQ(requests_.size(), 1U);
  EXPECT_EQ(asked(requests_[0]), "kite festival");
  EXPECT_EQ(progress->had, 2U);
  EXPECT_EQ(progress->done, 1U);
  EXPECT_EQ(written(), (Intents{"red barn photo", "taco menu", "kite festival"}));
}

TEST_F(SynthesizeTest, DropsIntentsNearToOthers) {
  json known = record(500);
  known["intent"] = "menu for a taco truck";
  std::filesystem::create_directory(folder_ / "data");
  folder_.write("data/a.jsonl", known.dump() + '\n');
  options_.corpus = folder_ / "data";
  folder_.write("intents.txt", "taco truck menus\nkite festival\nfestival of kites\n");
  const auto progress = run(good_teacher());
  ASSERT_TRUE(progress.has_value()) << progress.error().message;
  EXPECT_EQ(written(), (Intents{"kite festival"}));
  EXPECT_EQ(progress->dropped, 2U);
  EXPECT_EQ(progress->total, 1U);
  EXPECT_EQ(notes_[0], "dropped: taco truck menus: near 'menu for a taco truck'");
}

TEST_F(SynthesizeTest, SendsABadAnswerBackOnce) {
  folder_.write("intents.txt", "kite festival\n");
  json bad = record(1);
  bad["query"][2] = "one two three four five six seven eight";
  const auto progress = run([&](const std::string& request) {
    return Result<HttpResponse>(
        HttpResponse{200, completion(messages(request) == 2 ? bad.dump() : record(1).dump()), {}});
  });
  ASSERT_TRUE(progress.has_value()) << progress.error().message;
  EXPECT_EQ(progress->done, 1U);
  EXPECT_EQ(progress->repairs, 1U);
  ASSERT_EQ(requests_.size(), 2U);
  const json repair = json::parse(requests_[1])["messages"];
  ASSERT_EQ(repair.size(), 4U);
  EXPECT_EQ(repair[2]["role"], "assistant");
  EXPECT_EQ(repair[2]["content"], bad.dump());
  EXPECT_NE(repair[3]["content"].get<std::string>().find("query has 8 words, not 2 to 7"), std::string::npos);
}

TEST_F(SynthesizeTest, KeepsTheGoodPromptsOfAnAnswerThatStaysBad) {
  folder_.write("intents.txt", "kite festival\n");
  json bad = record(1);
  bad["query"][2] = "one two three four five six seven eight";
  ASSERT_TRUE(run([&](const std::string&) {
    return Result<HttpResponse>(HttpResponse{200, completion(bad.dump()), {}});
  }));
  EXPECT_EQ(requests_.size(), 2U);
  EXPECT_EQ(written(), (Intents{"kite festival"}));
  EXPECT_EQ(json::parse(folder_.read("new.jsonl"))["query"].size(), 3U);
}

TEST_F(SynthesizeTest, DropsPromptsNearToOthers) {
  folder_.write("intents.txt", "red barn photo\nkite festival\n");
  options_.in_flight = 1;
  json second = record(2);
  second["image"][0] = record(1)["image"][0];
  const auto progress = run([&](const std::string& request) {
    const bool first = asked(request) == "red barn photo";
    return Result<HttpResponse>(HttpResponse{200, completion((first ? record(1) : second).dump()), {}});
  });
  ASSERT_TRUE(progress.has_value());
  EXPECT_EQ(progress->done, 2U);
  EXPECT_EQ(progress->repairs, 1U);
  const std::string content = folder_.read("new.jsonl");
  EXPECT_EQ(json::parse(content.substr(content.find('\n') + 1))["image"].size(), 2U);
}

TEST_F(SynthesizeTest, CountsWhatFailsAndGoesOn) {
  folder_.write("intents.txt", "red barn photo\nkite festival\ntaco menu\n");
  int number = 0;
  const auto progress = run([&](const std::string& request) {
    const bool bad = asked(request) == "kite festival";
    return Result<HttpResponse>(
        HttpResponse{200, completion(bad ? "I would rather not." : record(number++).dump()), {}});
  });
  ASSERT_TRUE(progress.has_value()) << progress.error().message;
  EXPECT_EQ(progress->failed, 1U);
  EXPECT_EQ(progress->done, 2U);
  ASSERT_FALSE(notes_.empty());
  EXPECT_TRUE(std::find(notes_.begin(), notes_.end(), "failed: kite festival: there is no JSON object in the answer") !=
              notes_.end());
  requests_.clear();
  ASSERT_TRUE(run([&](const std::string&) {
    return Result<HttpResponse>(HttpResponse{200, completion(record(9).dump()), {}});
  }));
  EXPECT_EQ(requests_.size(), 1U) << "only what failed is asked for again";
}

TEST_F(SynthesizeTest, EndsAtOnceWhenTheEndpointRefuses) {
  std::string lines;
  for (int i = 0; i < 100; ++i) lines += "intent number" + std::to_string(i) + "\n";
  folder_.write("intents.txt", lines);
  const auto progress = run([](const std::string&) {
    return Result<HttpResponse>(HttpResponse{401, "no such key", {}});
  });
  ASSERT_FALSE(progress.has_value());
  EXPECT_EQ(progress.error().code, ErrorCode::invalid_argument);
  EXPECT_EQ(progress.error().message, "the endpoint refuses: HTTP 401: no such key");
  EXPECT_LE(requests_.size(), 3U);
}

TEST_F(SynthesizeTest, EndsWhenNothingSucceedsAnyMore) {
  std::string lines;
  for (int i = 0; i < 100; ++i) lines += "intent number" + std::to_string(i) + "\n";
  folder_.write("intents.txt", lines);
  options_.retry.attempts = 2;
  const auto progress =
      run([](const std::string&) { return Result<HttpResponse>(fail(ErrorCode::io, "connection refused")); });
  ASSERT_FALSE(progress.has_value());
  EXPECT_EQ(progress.error().code, ErrorCode::io);
  EXPECT_NE(progress.error().message.find("10 requests in a row failed"), std::string::npos)
      << progress.error().message;
  EXPECT_LE(requests_.size(), 30U);
}

TEST_F(SynthesizeTest, StopsAndGoesOnLater) {
  std::string lines;
  for (int i = 0; i < 20; ++i) lines += "intent number" + std::to_string(i) + "\n";
  folder_.write("intents.txt", lines);
  std::atomic<bool> stop = false;
  int number = 0;
  const Teacher teacher = [&](const std::string&) {
    if (number == 5) stop = true;
    return Result<HttpResponse>(HttpResponse{200, completion(record(number++).dump()), {}});
  };
  const auto stopped = run(teacher, [&] { return stop.load(); });
  ASSERT_FALSE(stopped.has_value());
  EXPECT_EQ(stopped.error().code, ErrorCode::cancelled);
  const auto before = written().size();
  EXPECT_LT(before, 20U);
  const auto progress = run(teacher);
  ASSERT_TRUE(progress.has_value());
  EXPECT_EQ(progress->had, before);
  EXPECT_EQ(written().size(), 20U);
}

TEST_F(SynthesizeTest, LetsTheTeacherThinkOfIntents) {
  options_.intents.clear();
  options_.categories = {"games", "science"};
  options_.intents_a_category = 4;
  int number = 0, thoughts = 0;
  const Teacher teacher = [&](const std::string& request) {
    if (!asked(request).starts_with("Category: "))
      return Result<HttpResponse>(HttpResponse{200, completion(record(number++).dump()), {}});
    json intents = json::array({"chess club poster", "", 3, "a\nb", "poster for the chess club"});
    for (int i = 0; i < 2; ++i) intents.push_back("thought" + std::to_string(thoughts++) + " logo");
    return Result<HttpResponse>(HttpResponse{200, completion(json{{"intents", intents}}.dump()), {}});
  };
  const auto progress = run(teacher);
  ASSERT_TRUE(progress.has_value()) << progress.error().message;
  EXPECT_EQ(progress->total, 8U);
  EXPECT_EQ(progress->done, 8U);
  EXPECT_EQ(written().size(), 8U);
  EXPECT_TRUE(written().contains("chess club poster"));
  requests_.clear();
  EXPECT_EQ(run(teacher)->had, 8U);
  EXPECT_TRUE(requests_.empty());
}

TEST_F(SynthesizeTest, EndsWhenTheTeacherThinksOfNothingNew) {
  options_.intents.clear();
  options_.categories = {"games"};
  options_.intents_a_category = 50;
  const auto progress = run([](const std::string& request) {
    const bool think = asked(request).starts_with("Category: ");
    return Result<HttpResponse>(
        HttpResponse{200, completion(think ? R"({"intents":["chess club poster"]})" : record(1).dump()), {}});
  });
  ASSERT_TRUE(progress.has_value()) << progress.error().message;
  EXPECT_EQ(progress->done, 1U);
  EXPECT_EQ(progress->total, 1U);
}

TEST_F(SynthesizeTest, RefusesWrongOptions) {
  folder_.write("intents.txt", "kite festival\n");
  const TeacherOptions good = options_;
  const std::vector<std::function<void(TeacherOptions&)>> mistakes = {
      [](TeacherOptions& o) { o.chat.model.clear(); },
      [](TeacherOptions& o) { o.out.clear(); },
      [](TeacherOptions& o) { o.intents.clear(); },
      [](TeacherOptions& o) { o.categories = {"birds"}, o.intents_a_category = 1; },
      [](TeacherOptions& o) { o.categories = {"games"}; },
      [](TeacherOptions& o) { o.in_flight = 0; },
      [](TeacherOptions& o) { o.in_flight = max_in_flight + 1; },
      [](TeacherOptions& o) { o.price_in = -1; },
      [](TeacherOptions& o) { o.retry.attempts = 0; },
      [](TeacherOptions& o) { o.chat.extra = "no JSON"; },
  };
  for (const auto& mistake : mistakes) {
    options_ = good;
    mistake(options_);
    const auto progress = run(good_teacher());
    ASSERT_FALSE(progress.has_value());
    EXPECT_EQ(progress.error().code, ErrorCode::invalid_argument);
  }
  EXPECT_TRUE(requests_.empty());
}

TEST_F(SynthesizeTest, NamesTheLineThatIsWrong) {
  folder_.write("intents.txt", "kite festival\n\xFF\n");
  EXPECT_NE(run(good_teacher()).error().message.find("intents.txt:2: "), std::string::npos);
  folder_.write("intents.txt", "kite festival\n");
  folder_.write("new.jsonl", "{}\n");
  EXPECT_NE(run(good_teacher()).error().message.find("new.jsonl:1: "), std::string::npos);
}

// The whole of it against a server that has its bad days.
TEST_F(SynthesizeTest, GetsEverythingFromAnUnreliableServer) {
  ::setenv("no_proxy", "127.0.0.1", 1);
  Intents wanted;
  std::string lines;
  for (int i = 0; i < 24; ++i) {
    wanted.insert("intent number" + std::to_string(i));
    lines += "intent number" + std::to_string(i) + "\n";
  }
  folder_.write("intents.txt", lines);
  const FakeServer server([](int number, const std::string& request) {
    const std::string good = FakeServer::http(200, completion(record(number).dump()));
    if (request.find("This answer breaks rules") != std::string::npos) return FakeServer::Reply{good};
    switch (number) {
      case 0:
        return FakeServer::Reply{FakeServer::http(429, "{}", "Retry-After: 1\r\n")};
      case 1:
        return FakeServer::Reply{FakeServer::http(500, "oh no")};
      case 2:
        return FakeServer::Reply{good.substr(0, good.size() / 2)};  // cut connection
      case 3:
        return FakeServer::Reply{"", "", /*silent=*/true};
      case 4:
        return FakeServer::Reply{FakeServer::http(200, completion("{\"intent\": \"half"))};
      default:
        return FakeServer::Reply{good};
    }
  });
  options_.endpoint.url = server.url();
  options_.endpoint.limit = std::chrono::milliseconds(2000);
  options_.retry.first_delay = std::chrono::milliseconds(1);
  const auto progress = synthesize(options_, never);
  ASSERT_TRUE(progress.has_value()) << progress.error().message;
  EXPECT_EQ(written(), wanted);
  EXPECT_EQ(progress->failed, 0U);
  EXPECT_GE(progress->retries, 4U);
  EXPECT_EQ(progress->repairs, 1U);
}

TEST_F(SynthesizeTest, FailsOneIntentForAHugeAnswer) {
  ::setenv("no_proxy", "127.0.0.1", 1);
  folder_.write("intents.txt", "red barn photo\nkite festival\n");
  const FakeServer server([](int number, const std::string&) {
    if (number == 0) return FakeServer::Reply{"HTTP/1.1 200 OK\r\n\r\n", /*endless=*/std::string(1 << 16, 'x')};
    return FakeServer::Reply{FakeServer::http(200, completion(record(number).dump()))};
  });
  options_.endpoint.url = server.url();
  options_.in_flight = 1;
  const auto progress = synthesize(options_, never);
  ASSERT_TRUE(progress.has_value()) << progress.error().message;
  EXPECT_EQ(progress->failed, 1U);
  EXPECT_EQ(written(), (Intents{"kite festival"}));
}

}  // namespace
}  // namespace updraft::teacher
