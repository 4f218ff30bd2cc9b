#include "server/service.h"

#include <gtest/gtest.h>

#include <mutex>

#include <filesystem>
#include <fstream>
#include <future>
#include <nlohmann/json.hpp>
#include <thread>

#include "encode/small_efficient_net.h"
#include "pair/tiny_pair.h"
#include "server/openapi.h"
#include "server/test_weights.h"
#include "text/base64.h"

namespace updraft::server {
namespace {

using nlohmann::json;
using suggest::test::Vocabulary;

// What would go to a client.
class Caught final : public Exchange {
 public:
  explicit Caught(Request request) : Exchange(std::move(request)) {}
  void answer(Response response) override {
    std::function<void()> forgotten;  // as a connection does: whoever waits holds this, and this would hold it
    {
      const std::scoped_lock lock(mutex_);
      if (std::exchange(over_, true)) return;
      forgotten.swap(gone);
    }
    done_.set_value(std::move(response));
  }
  void begin_stream(Response head) override { head_ = std::move(head); }
  void write(std::string text) override { head_.body += text; }
  void end_stream() override { answer(head_); }
  void when_gone(std::function<void()> then) override {
    const std::scoped_lock lock(mutex_);
    if (!over_) gone = std::move(then);
  }

  Response wait() { return done_.get_future().get(); }

  std::function<void()> gone;

 private:
  std::mutex mutex_;
  bool over_ = false;
  Response head_;
  std::promise<Response> done_;
};

std::string header(const Response& response, std::string_view name) {
  for (const auto& [key, value] : response.headers) {
    if (key == name) return value;
  }
  return {};
}

class ServiceTest : public testing::Test {
 protected:
  void start(ServiceOptions options = {}, Vocabulary vocabulary = Vocabulary::small) {
    options.weights = test::write_weights(folder_, vocabulary);
    options.decoder.active = 4;
    options.decoder.time_limit = std::chrono::hours(1);  // a busy machine shall not decide a test
    service_ = Service::start(options).value();
  }
  std::shared_ptr<Caught> begin(const std::string& method, const std::string& path, const std::string& body = "",
                                Headers headers = {}) {
    const std::size_t end = std::min(path.find('?'), path.size());
    auto exchange = std::make_shared<Caught>(Request{.method = method,
                                                     .path = path.substr(0, end),
                                                     .query = path.substr(std::min(end + 1, path.size())),
                                                     .headers = std::move(headers),
                                                     .body = body,
                                                     .id = "1",
                                                     .from_loopback = true});
    service_->handle(exchange);
    return exchange;
  }
  Response ask(const std::string& method, const std::string& path, const std::string& body = "", Headers headers = {}) {
    return begin(method, path, body, std::move(headers))->wait();
  }
  static std::string code(const Response& response) { return json::parse(response.body)["error"]["code"]; }
  std::filesystem::path catalogue() {
    folder_.write("tree.svg", "<svg xmlns='http://www.w3.org/2000/svg'/>");
    folder_.write("assets.jsonl",
                  R"({"id": "a/1", "title": "Christmas tree", "tags": ["holiday"], "kind": "svg", "url": ")" +
                      (folder_ / "tree.svg").string() + R"("})" + "\n" +
                      R"({"id": "2", "title": "Christmas gift", "kind": "png", "url": "/etc/passwd"})" + "\n" +
                      R"({"id": "3", "title": "Beach", "url": "https://example.com/beach.png"})" + "\n");
    EXPECT_TRUE(index(folder_ / "assets.jsonl", folder_ / "catalogue"));
    return folder_ / "catalogue";
  }

  // A small random image encoder, whose points have as many values as those of encode/testdata/small_encoder.gguf.
  [[nodiscard]] PictureOptions eye() const {
    const auto net = encode::test::as_contents(encode::test::small_efficient_net(), 50, gguf::TensorType::q8_0).value();
    EXPECT_TRUE(gguf::write(folder_ / "eye.gguf", encode::test::with_hidden(net, 32)));
    return {.image_encoder = folder_ / "eye.gguf", .tags = {}, .threads = 1, .read_text = false};
  }
  static std::string drawing(const std::string& colour) {
    return R"(<svg xmlns="http://www.w3.org/2000/svg" width="60" height="40"><rect width="60" height="40" fill=")" +
           colour + R"("/></svg>)";
  }
  // "image": {"data": ...}
  static std::string shown(const std::string& file) {
    return R"("image": {"data": ")" + text::to_base64(file) + R"("})";
  }

  files::test::Folder folder_;
  std::unique_ptr<Service> service_;
  const std::string suggest_ =
      R"({"text": "holiday sale", "n": 3, "words": {"min": 1, "max": 6}, "temperature": 2, "tasks": ["query", "related"]})";
};

TEST_F(ServiceTest, EveryPathOfTheDocumentIsServedAndEveryRouteIsInIt) {
  start();
  const json document = json::parse(openapi_document(false));
  std::size_t routes = 0;
  for (const auto& [path, methods] : document["paths"].items()) {
    for (const auto& [name, operation] : methods.items()) {
      ++routes;
      std::string method = name;
      std::transform(method.begin(), method.end(), method.begin(),
                     [](char c) { return static_cast<char>(std::toupper(c)); });
      std::string asked = path;
      if (const std::size_t open = asked.find('{'); open != std::string::npos)
        asked.replace(open, asked.find('}') - open + 1, "x");
      const Response response = ask(method, asked, "{}");
      EXPECT_NE(response.status, 405) << path;
      EXPECT_FALSE(response.status == 404 && response.body.find("openapi") != std::string::npos) << path;
      EXPECT_EQ(ask(method == "GET" ? "POST" : "GET", asked).status, 405) << path;
    }
  }
  EXPECT_EQ(routes, 19U);
}

TEST_F(ServiceTest, SuggestionsAreAnswered) {
  start();
  const Response response = ask("POST", "/v1/suggest", suggest_);
  ASSERT_EQ(response.status, 200) << response.body;
  const json answer = json::parse(response.body);
  EXPECT_EQ(answer["intent"], "holiday sale");
  EXPECT_TRUE(answer["understood"].is_null());  // these weights cannot
  EXPECT_EQ(answer["candidates"], 4);
  EXPECT_EQ(answer["cached"], false);
  for (const json& one : answer["suggestions"]) {
    EXPECT_EQ(one["id"].get<std::string>().size(), 16U);
    EXPECT_LE(one["words"], 6);
  }
  const json again = json::parse(ask("POST", "/v1/suggest", suggest_).body);
  EXPECT_EQ(again["cached"], true);
  EXPECT_EQ(again["suggestions"], answer["suggestions"]);
}

TEST_F(ServiceTest, WhatIsUnderstoodIsAnsweredAsTheProgramDoes) {
  start({}, Vocabulary::shipped);
  const json answer = json::parse(ask("POST", "/v1/intent", R"({"text": "three navy cats"})").body);
  EXPECT_EQ(answer["utterance"], "three navy cats");
  EXPECT_EQ(answer["facets"]["count"], "3 cats");
  EXPECT_EQ(answer["goals"].size(), 4U);
  EXPECT_EQ(answer["categories"].size(), 25U);
}

TEST_F(ServiceTest, AStreamTellsAllInItsOrder) {
  start({}, Vocabulary::shipped);
  const std::string body =
      R"({"text": "a cat", "n": 2, "temperature": 2, "tasks": ["query"], "words": {"min": 1, "max": 3}})";
  const Response response = ask("POST", "/v1/suggest", body, {{"accept", "text/event-stream"}});
  EXPECT_EQ(response.type, "text/event-stream");
  const std::size_t understood = response.body.find("event: understood\ndata: {\"utterance\":\"a cat\"");
  const std::size_t suggestions = response.body.find("event: suggestions\ndata: {\"task\":\"query\"");
  const std::size_t done = response.body.find("event: done\ndata: {\"intent\"");
  ASSERT_NE(understood, std::string::npos) << response.body;
  ASSERT_NE(suggestions, std::string::npos) << response.body;
  ASSERT_NE(done, std::string::npos) << response.body;
  EXPECT_TRUE(understood < suggestions && suggestions < done);
}

TEST_F(ServiceTest, APictureIsLookedAtAndToldWithWhatIsWanted) {
  start({.pictures = eye()}, Vocabulary::shipped);
  const std::string words = R"("text": "like this but in blue", )", picture = shown(drawing("#d01818"));
  const json intent = json::parse(ask("POST", "/v1/intent", "{" + words + picture + "}").body);
  EXPECT_EQ(intent["utterance"], "like this but in blue");
  EXPECT_EQ(intent["seen"]["format"], "SVG");
  EXPECT_EQ(intent["seen"]["palette"]["red"], 1);
  EXPECT_EQ(intent["seen"]["written"], "");
  EXPECT_NE(intent["facets"]["colors"].get<std::string>().find("blue"), std::string::npos);
  EXPECT_EQ(json::parse(ask("POST", "/v1/intent", "{" + picture + "}").body)["utterance"], "");

  const std::string more = picture + R"(, "n": 1, "tasks": ["query"], "words": {"min": 1, "max": 3}, "temperature": 2)";
  const json answer = json::parse(ask("POST", "/v1/suggest", "{" + more + "}").body);
  EXPECT_EQ(answer["understood"]["seen"]["kind"], intent["seen"]["kind"]);
  // Random weights are sure of nothing: what is written for is the picture as it is described.
  EXPECT_NE(answer["intent"].get<std::string>().find("colors: red"), std::string::npos) << answer["intent"];
  EXPECT_EQ(answer["intent"], answer["understood"]["intent"]);

  const Response stream = ask("POST", "/v1/suggest", "{" + words + more + R"(, "stream": true})");
  EXPECT_NE(stream.body.find(R"(event: understood
data: {"seen":{"kind":)"),
            std::string::npos)
      << stream.body;
  const json raw = json::parse(ask("POST", "/v1/suggest", "{" + words + more + R"(, "raw": true})").body);
  EXPECT_TRUE(raw["understood"].is_null());
  EXPECT_TRUE(raw["intent"].get<std::string>().ends_with("colors: red; like this but in blue")) << raw["intent"];
  EXPECT_NE(ask("GET", "/metrics").body.find("updraft_look_seconds_count 5"), std::string::npos);
}

TEST_F(ServiceTest, APictureThatCannotBeReadIsRefusedWithTheReason) {
  start({.pictures = eye()});
  for (const std::string& file : {std::string("nothing"), std::string("\x89PNG\r\n\x1a\n"),
                                  drawing("#d01818").substr(0, 90), std::string("GIF89a\xff\xff\xff\xff")}) {
    for (const char* path : {"/v1/intent", "/v1/suggest"}) {
      const Response response = ask("POST", path, "{" + shown(file) + "}");
      EXPECT_EQ(response.status, 422) << response.body;
      EXPECT_EQ(code(response), "invalid_argument");
      EXPECT_NE(response.body.find("read"), std::string::npos) << response.body;
    }
  }
  EXPECT_EQ(ask("POST", "/v1/suggest", "{" + shown(drawing("#d01818")) + R"(, "n": 1, "tasks": ["query"]})").status,
            200);
}

TEST_F(ServiceTest, WithoutAnImageEncoderAPictureIsNotTakenAndWhatWasCorrectedIs) {
  start({.catalogue = catalogue()});
  const std::string picture = shown(drawing("#d01818"));
  for (const char* path : {"/v1/intent", "/v1/suggest", "/v1/search", "/v1/recommend"}) {
    const Response response = ask("POST", path, "{" + picture + "}");
    EXPECT_EQ(response.status, 503) << path;
    EXPECT_NE(response.body.find("--image-encoder"), std::string::npos) << response.body;
  }
  const std::string corrected = R"({"n": 1, "tasks": ["query"], "temperature": 2, "understood": {"intent": "sofa"}, )";
  const Response response = ask("POST", "/v1/suggest", corrected + picture + "}");
  EXPECT_EQ(response.status, 200) << response.body;
  EXPECT_EQ(json::parse(response.body)["understood"]["goal"], "");
}

TEST_F(ServiceTest, AnImageEncoderThatIsNoneIsAnError) {
  PictureOptions pictures;
  for (const auto& file : {folder_ / "none.gguf", folder_.write("broken.gguf", "GGUF")}) {
    pictures.image_encoder = file;
    const auto service = Service::start({.weights = test::write_weights(folder_), .pictures = pictures});
    ASSERT_FALSE(service);
    EXPECT_NE(service.error().message.find(file.filename().string()), std::string::npos) << service.error().message;
  }
}

TEST_F(ServiceTest, WhatLooksLikeAPictureIsFoundAndRecommended) {
  const PictureOptions pictures = eye();
  std::filesystem::create_directory(folder_ / "p");
  folder_.write("p/IMG_0001.svg", drawing("#d01818"));
  folder_.write("p/IMG_0002.svg", drawing("#1818d0"));
  folder_.write("p/boat.svg", drawing("#18d018"));
  IndexOptions how;
  how.text_encoder = UPDRAFT_SOURCE_DIR "/src/encode/testdata/small_encoder.gguf";
  how.image_encoder = pictures.image_encoder;
  how.threads = 1;
  ASSERT_TRUE(index(folder_ / "p", folder_ / "pictures.catalogue", how));
  start({.pictures = pictures, .catalogue = folder_ / "pictures.catalogue"});
  const std::string picture = shown(drawing("#1818d0"));
  for (const std::string words : {"", R"("text": "boat", )"}) {
    const json page = json::parse(ask("POST", "/v1/search", "{" + words + picture + R"(, "explain": true})").body);
    EXPECT_EQ(page["seen"]["palette"]["blue"], 1);
    EXPECT_EQ(page["text"].get<std::string>() == "boat", !words.empty());
    bool is_found = false;
    for (const json& hit : page["hits"]) {
      for (const json& evidence : hit["evidence"]) {
        is_found =
            is_found || (hit["id"] == "IMG_0002.svg" && evidence["query"] == "the picture" && evidence["rank"] == 1);
      }
    }
    EXPECT_TRUE(is_found) << page;
  }
  EXPECT_EQ(ask("POST", "/v1/search", "{" + picture + R"(, "queries": true})").status, 200);
  const json recommended = json::parse(ask("POST", "/v1/recommend", "{" + picture + "}").body);
  EXPECT_EQ(recommended["seen"]["palette"]["blue"], 1);
  ASSERT_FALSE(recommended["recommendations"].empty());
  EXPECT_EQ(recommended["recommendations"][0]["id"], "IMG_0002.svg");
  EXPECT_EQ(recommended["recommendations"][0]["reasons"][0]["kind"], "picture");
  EXPECT_EQ(recommended["recommendations"][0]["because"], "because it looks like the picture");

  // Points of another dimension are no points of this catalogue.
  how.text_encoder.clear();
  how.image_encoder.clear();
  ASSERT_TRUE(index(folder_ / "p", folder_ / "words.catalogue", how));
  start({.pictures = pictures, .catalogue = folder_ / "words.catalogue"});
  EXPECT_EQ(ask("POST", "/v1/search", "{" + picture + "}").status, 200);
  EXPECT_EQ(ask("POST", "/v1/recommend", "{" + picture + "}").status, 200);
}

TEST_F(ServiceTest, ACatalogueOfAPairIsSearchedByItsTwoEncoders) {
  PictureOptions pictures = eye();
  pictures.pair = pair::test::write(folder_ / "pair");
  std::filesystem::create_directory(folder_ / "p");
  folder_.write("p/IMG_0001.bmp", pair::test::picture_of(0xFF0000));
  folder_.write("p/IMG_0002.bmp", pair::test::picture_of(0x0000FF));
  IndexOptions how;
  how.pair = pictures.pair;
  how.threads = 1;
  const auto indexed = index(folder_ / "p", folder_ / "colours.catalogue", how);
  ASSERT_TRUE(indexed) << indexed.error().message;
  start({.pictures = pictures, .catalogue = folder_ / "colours.catalogue"});
  const json by_text = json::parse(ask("POST", "/v1/search", R"({"text": "crimson"})").body);
  ASSERT_EQ(by_text["hits"].size(), 1U) << by_text;
  EXPECT_EQ(by_text["hits"][0]["id"], "IMG_0001.bmp");
  const std::string picture = "{" + shown(pair::test::picture_of(0x1020FF)) + "}";
  const json by_picture = json::parse(ask("POST", "/v1/search", picture).body);
  ASSERT_EQ(by_picture["hits"].size(), 1U) << by_picture;
  EXPECT_EQ(by_picture["hits"][0]["id"], "IMG_0002.bmp");
  const json recommended = json::parse(ask("POST", "/v1/recommend", picture).body);
  ASSERT_EQ(recommended["recommendations"].size(), 1U) << recommended;
  EXPECT_EQ(recommended["recommendations"][0]["reasons"][0]["kind"], "picture");

  // Another pair, and one that is none.
  pictures.pair = pair::test::write(folder_ / "other", pair::test::description(), pair::test::text_model(2));
  const auto other = Service::start(
      {.weights = test::write_weights(folder_), .pictures = pictures, .catalogue = folder_ / "colours.catalogue"});
  ASSERT_FALSE(other);
  EXPECT_NE(other.error().message.find("another pair of them (--pair)"), std::string::npos) << other.error().message;
  pictures.pair = how.pair;
  folder_.write("pair/image.onnx", "none");
  const auto broken = Service::start({.weights = test::write_weights(folder_), .pictures = pictures});
  ASSERT_FALSE(broken);
  EXPECT_NE(broken.error().message.find("image.onnx"), std::string::npos) << broken.error().message;
}

TEST_F(ServiceTest, ANewerRequestEndsOneWhosePictureIsBeingLookedAt) {
  start({.pictures = eye()});
  const Headers session = {{"x-updraft-session", "abc"}};
  const auto older = begin("POST", "/v1/suggest", "{" + shown(drawing("#d01818")) + R"(, "n": 32})", session);
  EXPECT_EQ(ask("POST", "/v1/suggest", suggest_, session).status, 200);  // which is not ended by the older one
  EXPECT_EQ(code(older->wait()), "cancelled");
}

TEST_F(ServiceTest, CorrectionsOfAPersonMakeTheIntent) {
  start({}, Vocabulary::shipped);
  const json answer = json::parse(ask("POST", "/v1/suggest", R"({"text": "sofa", "n": 1, "tasks": ["query"],
    "understood": {"intent": "sofa", "goal": "search", "category": "home_realestate", "facets": {"colors": ["blue"], "without": "people"}}})")
                                      .body);
  EXPECT_EQ(answer["intent"], "sofa, blue, no people");
  EXPECT_EQ(answer["understood"]["goal"], "search");
}

TEST_F(ServiceTest, ANewerRequestOfTheSessionEndsTheOlderOne) {
  start();
  const Headers session = {{"x-updraft-session", "abc"}};
  // Many of them, of which none but the last may wait for its turn to the end.
  std::vector<std::shared_ptr<Caught>> typed;
  for (int i = 0; i < 10; ++i) {
    typed.push_back(begin("POST", "/v1/suggest",
                          R"({"text": "holiday )" + std::to_string(i) + R"(", "n": 32, "temperature": 2})", session));
  }
  for (int i = 0; i < 10; ++i) {
    const Response response = typed[static_cast<std::size_t>(i)]->wait();
    EXPECT_TRUE(response.status == 200 || (i < 9 && code(response) == "cancelled")) << response.body;
  }
  EXPECT_GE(service_->metrics().superseded.Value(), 1);
  EXPECT_EQ(ask("POST", "/v1/suggest", suggest_, {{"x-updraft-session", "no good"}}).status, 422);
}

TEST_F(ServiceTest, AClientThatGoesGivesItsPlaceUp) {
  start();
  const auto leaving = begin("POST", "/v1/suggest", R"({"text": "holiday", "n": 32, "temperature": 2})");
  std::exchange(leaving->gone, nullptr)();  // once
  service_->drain(std::chrono::minutes(1));
  EXPECT_EQ(service_->decoder().load().active, 0U);
}

TEST_F(ServiceTest, WhatIsWrongIsToldInOneForm) {
  start();
  EXPECT_EQ(ask("POST", "/v1/suggest", "{").status, 400);
  EXPECT_EQ(ask("POST", "/v1/suggest", "{}").status, 422);
  EXPECT_EQ(code(ask("POST", "/v1/suggest", R"({"text": ""})")), "invalid_argument");
  EXPECT_EQ(ask("GET", "/v1/none").status, 404);
  EXPECT_EQ(code(ask("GET", "/v1/none")), "not_found");
  const Response wrong_method = ask("GET", "/v1/suggest");
  EXPECT_EQ(wrong_method.status, 405);
  EXPECT_EQ(header(wrong_method, "Allow"), "POST");
  EXPECT_EQ(ask("POST", "/v1/search", R"({"text": "tree"})").status, 503);
  EXPECT_EQ(ask("POST", "/v1/feedback", R"({"events": []})").status, 503);
  EXPECT_EQ(ask("POST", "/v1/intent", R"({"image": {"data": "not base64"}})").status, 422);
  EXPECT_EQ(ask("POST", "/v1/embeddings", R"({"model": "minilm-l6", "input": "a"})").status, 404);
}

TEST_F(ServiceTest, NoAnswerIsReadAsSomethingElseOrKept) {
  start();
  for (const char* path : {"/v1/models", "/health/live", "/v1/none", "/", "/openapi.json"}) {
    const Response response = ask("GET", path);
    EXPECT_EQ(header(response, "X-Content-Type-Options"), "nosniff") << path;
    EXPECT_EQ(header(response, "X-Frame-Options"), "DENY") << path;
    EXPECT_NE(header(response, "Content-Security-Policy"), "") << path;
    EXPECT_EQ(header(response, "Server"), "") << path;
  }
  EXPECT_EQ(header(ask("GET", "/v1/models"), "Cache-Control"), "no-store");
}

TEST_F(ServiceTest, WithKeysNobodyAsksWithoutOne) {
  const std::string key = Keys::add(folder_ / "keys", "shop").value();
  start({.keys = folder_ / "keys", .loopback = false});
  for (const Headers& headers : {Headers{}, Headers{{"authorization", "Bearer no"}}, Headers{{"authorization", key}},
                                 Headers{{"authorization", "Basic " + key}}}) {
    const Response response = ask("GET", "/v1/models", "", headers);
    EXPECT_EQ(response.status, 401);
    EXPECT_EQ(header(response, "WWW-Authenticate"), "Bearer");
  }
  EXPECT_EQ(ask("GET", "/metrics").status, 401);
  EXPECT_EQ(ask("POST", "/v1/reload").status, 401);
  EXPECT_EQ(ask("GET", "/v1/models", "", {{"authorization", "Bearer " + key}}).status, 200);
  EXPECT_EQ(ask("GET", "/health/ready").status, 200);
}

TEST_F(ServiceTest, PagesOfOthersMayNotAsk) {
  start({.cors = {"https://shop.example"}});
  const auto from = [&](const std::string& origin) {
    return ask("POST", "/v1/suggest", "{}", {{"origin", origin}, {"host", "localhost:8417"}});
  };
  EXPECT_EQ(from("https://evil.example").status, 403);
  EXPECT_EQ(from("null").status, 403);
  EXPECT_EQ(from("http://localhost:8417").status, 422);
  const Response shop = from("https://shop.example");
  EXPECT_EQ(shop.status, 422);
  EXPECT_EQ(header(shop, "Access-Control-Allow-Origin"), "https://shop.example");
  EXPECT_EQ(header(from("http://localhost:8417"), "Access-Control-Allow-Origin"), "");
  EXPECT_EQ(ask("GET", "/v1/models", "", {{"host", "evil.example"}}).status,
            403);  // which is this machine's name today
  EXPECT_EQ(ask("OPTIONS", "/v1/suggest", "", {{"origin", "https://shop.example"}}).status, 204);
  EXPECT_EQ(ask("OPTIONS", "/v1/suggest", "", {{"origin", "https://evil.example"}}).status, 403);
}

TEST_F(ServiceTest, ACatalogueIsSearchedAndItsPicturesShown) {
  start({.catalogue = catalogue()});
  const json page = json::parse(
      ask("POST", "/v1/search", R"({"text": "christmas", "limit": 1, "facets": ["kind"], "explain": true})").body);
  EXPECT_EQ(page["found"], 2);
  EXPECT_EQ(page["hits"].size(), 1U);
  EXPECT_EQ(page["facets"]["kind"].size(), 2U);
  EXPECT_TRUE(page["hits"][0].contains("evidence"));
  const std::string next = page["next"];
  const json last =
      json::parse(ask("POST", "/v1/search", R"({"text": "christmas", "limit": 1, "cursor": ")" + next + R"("})").body);
  EXPECT_NE(last["hits"][0]["id"], page["hits"][0]["id"]);
  EXPECT_EQ(ask("POST", "/v1/search", R"({"text": "christmas", "cursor": "7-x"})").status, 422);
  EXPECT_EQ(json::parse(ask("GET", "/v1/assets/a%2F1").body)["title"], "Christmas tree");
  EXPECT_EQ(ask("GET", "/v1/assets/none").status, 404);
  const json several = json::parse(ask("GET", "/v1/assets?id=3&id=a%2F1").body)["assets"];
  ASSERT_EQ(several.size(), 2U);
  EXPECT_EQ(several[0]["id"], "3");
  EXPECT_EQ(several[1], json::parse(ask("GET", "/v1/assets/a%2F1").body));
  const Response missing = ask("GET", "/v1/assets?id=3&id=none");
  EXPECT_EQ(missing.status, 404);
  EXPECT_NE(missing.body.find("'none'"), std::string::npos) << missing.body;
  std::string many = "/v1/assets?id=3";
  for (int i = 0; i < 100; ++i) many += "&id=3";
  for (const std::string& wrong : {std::string("/v1/assets"), many, std::string("/v1/assets?id="),
                                   std::string("/v1/assets?id=3&limit=5"), "/v1/assets?id=" + std::string(513, 'x')}) {
    EXPECT_EQ(ask("GET", wrong).status, 422) << wrong;
  }
  const Response picture = ask("GET", "/v1/assets/a/1/picture");
  EXPECT_EQ(picture.type, "image/svg+xml");
  EXPECT_NE(header(picture, "Content-Security-Policy").find("sandbox"), std::string::npos);
  EXPECT_EQ(ask("GET", "/v1/assets/a/1/picture", "", {{"if-none-match", header(picture, "ETag")}}).status, 304);
  EXPECT_EQ(ask("GET", "/v1/assets/2/picture").status, 404);  // no picture, whatever the catalogue says
  EXPECT_EQ(header(ask("GET", "/v1/assets/3/picture"), "Location"), "https://example.com/beach.png");
  const json recommended = json::parse(ask("POST", "/v1/recommend", R"({"assets": ["a/1"]})").body);
  ASSERT_EQ(recommended["recommendations"].size(), 1U);
  EXPECT_EQ(recommended["recommendations"][0]["id"], "2");
  EXPECT_EQ(ask("POST", "/v1/recommend", R"({"assets": ["none"]})").status, 404);
}

TEST_F(ServiceTest, ASearchTellsWhatIsMeantUnlessNothingIsAsked) {
  start({.catalogue = catalogue()}, Vocabulary::shipped);
  const json plain = json::parse(ask("POST", "/v1/search", R"({"text": "christmas", "queries": false})").body);
  EXPECT_FALSE(plain.contains("understood")) << plain;
  const json written = json::parse(ask("POST", "/v1/search", R"({"text": "christmas"})").body);
  EXPECT_EQ(written["text"], "christmas");
  EXPECT_TRUE(written.contains("understood")) << written;
}

TEST_F(ServiceTest, FeedbackIsKeptOnceAndForgottenWhenAsked) {
  start({.feedback = (folder_ / "feedback.sqlite").string()});
  const std::string body =
      R"({"events": [{"id": "1", "kind": "click", "user": "ann", "intent": "a", "task": "query", "prompt": "b",
    "position": 0, "words": 3, "return": 9}]})";
  EXPECT_EQ(json::parse(ask("POST", "/v1/feedback", body).body), json({{"stored", 1}, {"known", 0}}));
  EXPECT_EQ(json::parse(ask("POST", "/v1/feedback", body).body), json({{"stored", 0}, {"known", 1}}));
  EXPECT_EQ(json::parse(ask("DELETE", "/v1/users/ann/events").body), json({{"deleted", 1}}));
  EXPECT_EQ(json::parse(ask("DELETE", "/v1/users/ann/events").body), json({{"deleted", 0}}));
}

TEST_F(ServiceTest, RecommendationsGoByWhatPeopleMadeOfTheAssetsUntilItIsForgotten) {
  folder_.write("assets.jsonl", R"({"id": "1", "title": "Christmas tree"}
{"id": "2", "title": "Christmas gift"}
{"id": "3", "title": "Christmas star"}
)");
  ASSERT_TRUE(index(folder_ / "assets.jsonl", folder_ / "c"));
  start({.catalogue = folder_ / "c",
         .feedback = (folder_ / "feedback.sqlite").string(),
         .feedback_interval = std::chrono::milliseconds(1)});
  const auto ask_until = [&](const auto& is_so) {
    while (true) {  // as often as it takes: reading is nobody's turn
      const json items =
          json::parse(ask("POST", "/v1/recommend", R"({"assets": ["1"], "appeal": 1})").body).at("recommendations");
      if (is_so(items)) return items;
      std::this_thread::sleep_for(std::chrono::milliseconds(1));
    }
  };
  const auto unknown = [](const json& items) { return !items[0].contains("appeal"); };
  const json before = ask_until(unknown);
  const std::string first = before[0]["id"], second = before[1]["id"];
  json events = json::array();
  for (int i = 0; i < 20; ++i) {
    events.push_back({{"id", std::to_string(i)},
                      {"kind", i % 2 == 0 ? "like" : "dismiss"},
                      {"user", "ann"},
                      {"session", std::to_string(i)},
                      {"intent", "a"},
                      {"task", "query"},
                      {"prompt", "b"},
                      {"position", 0},
                      {"words", 3},
                      {"return", 9},
                      {"asset", i % 2 == 0 ? second : first}});
  }
  ASSERT_EQ(ask("POST", "/v1/feedback", json{{"events", events}}.dump()).status, 200);
  const json after = ask_until([](const json& items) { return items[0].contains("appeal"); });
  EXPECT_EQ(after[0]["id"], second);
  EXPECT_GT(after[0]["appeal"], 0.6);
  EXPECT_TRUE(after[0]["because"].get<std::string>().ends_with(", and people often choose it")) << after[0];
  EXPECT_LT(after[1]["appeal"], 0.4);
  const json unweighed = json::parse(ask("POST", "/v1/recommend", R"({"assets": ["1"], "appeal": 0})").body);
  EXPECT_EQ(unweighed["recommendations"][0]["id"], first);
  ASSERT_EQ(json::parse(ask("DELETE", "/v1/users/ann/events").body), json({{"deleted", 20}}));
  EXPECT_EQ(ask_until(unknown), before);
}

TEST_F(ServiceTest, CompletionsAreOpenAis) {
  start();
  const json answer =
      json::parse(ask("POST", "/v1/completions",
                      R"({"model": "updraft-135m", "prompt": ["a", "b"], "n": 2, "temperature": 2, "max_tokens": 3})")
                      .body);
  EXPECT_EQ(answer["object"], "text_completion");
  for (const json& choice : answer["choices"]) EXPECT_LT(choice["index"], 4);
  EXPECT_EQ(ask("POST", "/v1/completions", R"({"model": "gpt-4", "prompt": "a"})").status, 404);
  const Response stream =
      ask("POST", "/v1/completions", R"({"model": "updraft-135m", "prompt": "a", "temperature": 2, "stream": true})");
  EXPECT_EQ(stream.type, "text/event-stream");
  EXPECT_TRUE(stream.body.ends_with("data: [DONE]\n\n"));
}

TEST_F(ServiceTest, AReloadThatFailsLeavesTheOldWeights) {
  start();
  EXPECT_EQ(ask("POST", "/v1/reload").status, 200);
  // In the place of the old file, which is mapped as long as it is used.
  folder_.write("broken.gguf", "broken");
  std::filesystem::rename(folder_ / "broken.gguf", folder_ / "model.gguf");
  EXPECT_EQ(ask("POST", "/v1/reload").status, 503);
  EXPECT_EQ(ask("POST", "/v1/suggest", suggest_).status, 200);
}

TEST_F(ServiceTest, AStatusAndMetricsTellWhatWasDone) {
  start({.catalogue = catalogue()});
  ASSERT_EQ(ask("POST", "/v1/suggest", suggest_).status, 200);
  const json status = json::parse(ask("GET", "/v1/status").body);
  EXPECT_EQ(status["ready"], true);
  EXPECT_EQ(status["catalogue"]["assets"], 3);
  EXPECT_GT(status["rss_mb"], 1);
  const Response metrics = ask("GET", "/metrics");
  EXPECT_TRUE(metrics.type.starts_with("text/plain; version=0.0.4"));
  EXPECT_NE(metrics.body.find("updraft_decoded_tokens_total"), std::string::npos);
  service_->drain(std::chrono::minutes(1));
  EXPECT_EQ(ask("GET", "/health/ready").status, 503);
  EXPECT_EQ(ask("GET", "/health/live").status, 200);
}

}  // namespace
}  // namespace updraft::server
