#include "http/client.h"

#include <gtest/gtest.h>

#include <cstdlib>

#include "http/fake_server.h"

namespace updraft::http {
namespace {

using test::FakeServer;

const Stop never = [] { return false; };

// The fake server is on this machine, whatever proxy the environment names.
class HttpTest : public testing::Test {
 protected:
  HttpTest() { ::setenv("no_proxy", "127.0.0.1", 1); }

  static Result<Response> post(const FakeServer& server, Request request = {}, const Stop& stop = never) {
    request.url = server.url() + "/v1/chat";
    request.body = R"({"ask":1})";
    return Client::make()->send(request, stop);
  }
};

TEST_F(HttpTest, PostsJsonWithTheKey) {
  std::string seen;
  const FakeServer server([&](int, const std::string& request) {
    seen = request;
    return FakeServer::Reply{FakeServer::http(200, R"({"answer":2})")};
  });
  Request request;
  request.api_key = "sk-secret";
  const auto response = post(server, request);
  ASSERT_TRUE(response.has_value()) << response.error().message;
  EXPECT_EQ(response->status, 200);
  EXPECT_EQ(response->body, R"({"answer":2})");
  EXPECT_FALSE(response->retry_after.has_value());
  EXPECT_TRUE(seen.starts_with("POST /v1/chat HTTP/1.1\r\n")) << seen;
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
  Request request;
  request.api_key = "sk-secret";
  EXPECT_EQ(post(server, request)->body, "wrong key ***, I said ***");
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
  Request request;
  request.url = url;
  const auto response = Client::make()->send(request);
  ASSERT_FALSE(response.has_value());
  EXPECT_EQ(response.error().code, ErrorCode::io);
}

TEST_F(HttpTest, EndsSlowAnswersAtTheLimit) {
  const FakeServer server([](int, const std::string&) { return FakeServer::Reply{"", "", /*silent=*/true}; });
  Request request;
  request.limit = std::chrono::milliseconds(200);
  const auto response = post(server, request);
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

TEST_F(HttpTest, SendsOneRequestAfterAnother) {
  std::vector<std::string> seen;
  const FakeServer server([&](int, const std::string& request) {
    seen.push_back(request);
    return FakeServer::Reply{FakeServer::http(200, "{}")};
  });
  auto client = Client::make();
  ASSERT_TRUE(client);
  ASSERT_TRUE(client->send({.url = server.url() + "/a", .method = "PATCH", .body = "{\"b\":1}", .api_key = "sk"}));
  ASSERT_TRUE(client->send({.url = server.url() + "/c", .method = "GET"}));
  ASSERT_TRUE(client->send({.url = server.url() + "/d", .method = "DELETE", .direct = true}));
  ASSERT_EQ(seen.size(), 3U);
  EXPECT_TRUE(seen[0].starts_with("PATCH /a HTTP/1.1\r\n")) << seen[0];
  EXPECT_TRUE(seen[0].ends_with("{\"b\":1}")) << seen[0];
  EXPECT_TRUE(seen[1].starts_with("GET /c HTTP/1.1\r\n")) << seen[1];
  EXPECT_EQ(seen[1].find("sk"), std::string::npos) << "the key was for the request before";
  EXPECT_TRUE(seen[2].starts_with("DELETE /d HTTP/1.1\r\n")) << seen[2];
}

TEST_F(HttpTest, RefusesKeysThatWouldBreakTheHeader) {
  const FakeServer server([](int, const std::string&) { return FakeServer::Reply{FakeServer::http(200, "{}")}; });
  for (const char* key : {"two words", "line\r\nX-Other: 1", "caf\xC3\xA9"}) {
    const auto response = post(server, {.url = "", .api_key = key});
    ASSERT_FALSE(response.has_value());
    EXPECT_EQ(response.error().code, ErrorCode::invalid_argument);
    EXPECT_EQ(response.error().message.find(key), std::string::npos);
  }
  EXPECT_EQ(server.requests(), 0);
}

}  // namespace
}  // namespace updraft::http
