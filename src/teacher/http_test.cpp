#include "teacher/http.h"

#include <gtest/gtest.h>

#include <cstdlib>

#include "http/fake_server.h"

namespace updraft::teacher {
namespace {

using http::test::FakeServer;

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

TEST(HttpTransport, PostsToTheEndpoint) {
  ::setenv("no_proxy", "127.0.0.1", 1);
  std::string seen;
  const FakeServer server([&](int, const std::string& request) {
    seen = request;
    return FakeServer::Reply{FakeServer::http(200, R"({"answer":2})")};
  });
  Endpoint endpoint;
  endpoint.url = *completions_url(server.url());
  endpoint.api_key = "sk-secret";
  const auto response = (*http_transport(endpoint))("{}", [] { return false; });
  ASSERT_TRUE(response.has_value()) << response.error().message;
  EXPECT_EQ(response->body, R"({"answer":2})");
  EXPECT_TRUE(seen.starts_with("POST /v1/chat/completions HTTP/1.1\r\n")) << seen;
  EXPECT_NE(seen.find("Authorization: Bearer sk-secret\r\n"), std::string::npos);
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
