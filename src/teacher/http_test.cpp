#include "teacher/http.h"

#include <gtest/gtest.h>

#include <cstdlib>

#include "teacher/fake_server.h"

namespace updraft::teacher {
namespace {

using test::FakeServer;

const Stop never = [] { return false; };

// The fake server is on this machine, whatever proxy the environment names.
class HttpTest : public testing::Test {
 protected:
  HttpTest() { ::setenv("no_proxy", "127.0.0.1", 1); }

  static Result<HttpResponse> post(const FakeServer& server, Endpoint endpoint = {}, const Stop& stop = never) {
    endpoint.url = *completions_url(server.url());
    const auto transport = http_transport(std::move(endpoint));
    return (*transport)(R"({"ask":1})", stop);
  }
};

TEST(CompletionsUrl, AddsWhatIsLeftOut) {
  for (const char* url : {"http://h:8080", "http://h:8080/", "http://h:8080/v1", "http://h:8080/v1/",
                          "http://h:8080/v1/chat/completions"}) {
    EXPECT_EQ(completions_url(url).value_or("?"), "http://h:8080/v1/chat/completions") << url;
  }
  EXPECT_EQ(completions_url("https://host/api/openai").value_or("?"), "https://host/api/openai/chat/completions");
}

TEST(CompletionsUrl, RefusesWhatIsNone) {
  for (const char* url : {"", "host:8080", "ftp://host", "file:///etc/passwd", "http://", "https://me:secret@host/v1",
                          "https://me@host", "https://host/v1?key=secret", "http://host\r\nX: 1"}) {
    const auto parsed = completions_url(url);
    ASSERT_FALSE(parsed.has_value()) << url << " " << *parsed;
    EXPECT_EQ(parsed.error().code, ErrorCode::invalid_argument);
    EXPECT_EQ(parsed.error().message.find("secret"), std::string::npos);
  }
}

TEST_F(HttpTest, PostsJsonWithTheKey) {
  std::string seen;
  const FakeServer server([&](int, const std::string& request) {
    seen = request;
    return FakeServer::Reply{FakeServer::http(200, R"({"answer":2})")};
  });
  Endpoint endpoint;
  endpoint.api_key = "sk-secret";
  const auto response = post(server, endpoint);
  ASSERT_TRUE(response.has_value()) << response.error().message;
  EXPECT_EQ(response->status, 200);
  EXPECT_EQ(response->body, R"({"answer":2})");
  EXPECT_FALSE(response->retry_after.has_value());
  EXPECT_TRUE(seen.starts_with("POST /v1/chat/completions HTTP/1.1\r\n")) << seen;
  EXPECT_NE(seen.find("Content-Type: application/json\r\n"), std::string::npos);
  EXPECT_NE(seen.find("Authorization: Bearer sk-secret\r\n"), std::string::npos);
  EXPECT_TRUE(seen.ends_with("\r\n\r\n{\"ask\":1}"));
}

TEST_F(HttpTest, SendsNoAuthorizationWithoutAKey) {
  std::string seen;
  const FakeServer server([&](int, const std::string& request) {
    seen = request;
    return FakeServer::Reply{FakeServer::http(200, "{}")};
  });
  ASSERT_TRUE(post(server).has_value());
  EXPECT_EQ(seen.find("Authorization"), std::string::npos);
}

TEST_F(HttpTest, TellsStatusAndRetryAfter) {
  const FakeServer server(
      [](int, const std::string&) { return FakeServer::Reply{FakeServer::http(429, "later", "Retry-After: 7\r\n")}; });
  const auto response = post(server);
  ASSERT_TRUE(response.has_value()) << response.error().message;
  EXPECT_EQ(response->status, 429);
  EXPECT_EQ(response->retry_after, std::chrono::seconds(7));
}

TEST_F(HttpTest, KeepsTheKeyOutOfWhatAServerSaysBack) {
  const FakeServer server([](int, const std::string&) {
    return FakeServer::Reply{FakeServer::http(401, "wrong key sk-secret, I said sk-secret")};
  });
  Endpoint endpoint;
  endpoint.api_key = "sk-secret";
  EXPECT_EQ(post(server, endpoint)->body, "wrong key ***, I said ***");
}

TEST_F(HttpTest, DoesNotFollowRedirects) {
  const FakeServer elsewhere([](int, const std::string&) { return FakeServer::Reply{FakeServer::http(200, "{}")}; });
  const FakeServer server([&](int, const std::string&) {
    return FakeServer::Reply{FakeServer::http(307, "", "Location: " + elsewhere.url() + "\r\n")};
  });
  EXPECT_EQ(post(server)->status, 307);
  EXPECT_EQ(elsewhere.requests(), 0);
}

TEST_F(HttpTest, TellsBrokenConnections) {
  const std::string whole = FakeServer::http(200, R"({"answer":2})");
  for (const std::string& bytes :
       {std::string(), std::string("HTT"), whole.substr(0, whole.size() - 3), std::string("not HTTP\r\n\r\n")}) {
    const FakeServer server([&](int, const std::string&) { return FakeServer::Reply{bytes}; });
    const auto response = post(server);
    ASSERT_FALSE(response.has_value()) << bytes;
    EXPECT_EQ(response.error().code, ErrorCode::io) << response.error().message;
  }
}

TEST_F(HttpTest, TellsRefusedConnections) {
  std::string url;
  {
    const FakeServer server([](int, const std::string&) { return FakeServer::Reply{}; });
    url = server.url();
  }
  Endpoint endpoint;
  endpoint.url = *completions_url(url);
  const auto response = (*http_transport(endpoint))("{}", never);
  ASSERT_FALSE(response.has_value());
  EXPECT_EQ(response.error().code, ErrorCode::io);
}

TEST_F(HttpTest, EndsSlowAnswersAtTheLimit) {
  const FakeServer server([](int, const std::string&) { return FakeServer::Reply{"", "", /*silent=*/true}; });
  Endpoint endpoint;
  endpoint.limit = std::chrono::milliseconds(200);
  const auto response = post(server, endpoint);
  ASSERT_FALSE(response.has_value());
  EXPECT_EQ(response.error().code, ErrorCode::io);
}

TEST_F(HttpTest, EndsHugeAnswers) {
  const FakeServer body([](int, const std::string&) {
    return FakeServer::Reply{"HTTP/1.1 200 OK\r\n\r\n", /*endless=*/std::string(1 << 16, 'x')};
  });
  const FakeServer headers([](int, const std::string&) {
    return FakeServer::Reply{"HTTP/1.1 200 OK\r\n", /*endless=*/"X-A: " + std::string(1000, 'x') + "\r\n"};
  });
  for (const FakeServer* server : {&body, &headers}) {
    const auto response = post(*server);
    ASSERT_FALSE(response.has_value());
    EXPECT_EQ(response.error().code, ErrorCode::corrupt) << response.error().message;
  }
}

TEST_F(HttpTest, StopsWhenToldTo) {
  std::atomic<bool> asked = false;
  const FakeServer server([&](int, const std::string&) {
    asked = true;
    return FakeServer::Reply{"", "", /*silent=*/true};
  });
  const auto response = post(server, {}, [&] { return asked.load(); });
  ASSERT_FALSE(response.has_value());
  EXPECT_EQ(response.error().code, ErrorCode::cancelled);
}

TEST(HttpTransport, RefusesKeysThatWouldBreakTheHeader) {
  for (const char* key : {"two words", "line\r\nX-Other: 1", "caf\xC3\xA9"}) {
    Endpoint endpoint;
    endpoint.url = "http://127.0.0.1:1";
    endpoint.api_key = key;
    const auto transport = http_transport(endpoint);
    ASSERT_FALSE(transport.has_value());
    EXPECT_EQ(transport.error().message.find(key), std::string::npos);
  }
}

}  // namespace
}  // namespace updraft::teacher
