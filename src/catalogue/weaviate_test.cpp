// The backend on a cluster without one: what is asked, what is read, and which node is asked next.
#include "catalogue/weaviate.h"

#include <gtest/gtest.h>

#include <nlohmann/json.hpp>

#include "catalogue/weaviate_answers.h"
#include "catalogue/weaviate_cluster.h"
#include "catalogue/weaviate_place.h"
#include "catalogue/weaviate_query.h"
#include "catalogue/weaviate_view.h"
#include "http/fake_server.h"

namespace updraft::catalogue {
namespace {

using http::test::FakeServer;
using nlohmann::json;

TEST(ClusterPlace, NamesNodesAndACollection) {
  const auto place = parse_cluster_place("weaviate://127.0.0.1:18080,node-1,other.example:1/Boats2");
  ASSERT_TRUE(place) << place.error().message;
  EXPECT_EQ(place->nodes, (std::vector<std::string>{"127.0.0.1:18080", "node-1:8080", "other.example:1"}));
  EXPECT_EQ(place->collection, "Boats2");
  EXPECT_FALSE(names_a_cluster("catalogue"));
  EXPECT_FALSE(names_a_cluster("./weaviate://"));
}

TEST(ClusterPlace, IsRefusedWhereItIsNone) {
  for (const char* place :
       {"weaviate://", "weaviate://host", "weaviate://host/", "weaviate:///Boats", "weaviate://host/boats",
        "weaviate://host/Boats/more", "weaviate://host:/Boats", "weaviate://host:port/Boats", "weaviate://a,,b/Boats",
        "weaviate://me:secret@host/Boats", "weaviate://host/Boats_1", "weaviate://host:123456/Boats",
        "weaviate://a b/C", "weaviate://host\r\n/Boats", "http://host/Boats"}) {
    const auto parsed = parse_cluster_place(place);
    ASSERT_FALSE(parsed) << place;
    EXPECT_EQ(parsed.error().code, ErrorCode::invalid_argument);
    EXPECT_EQ(parsed.error().message.find('\n'), std::string::npos);
  }
  EXPECT_FALSE(parse_cluster_place("weaviate://host/C" + std::string(100, 'x')));
}

TEST(ClusterQuery, KeepsHostileTextsInTheirQuotes) {
  const std::vector<std::string> texts = {"\"}) {Get{Other{asset}}} #",
                                          "\\",
                                          "\\\"",
                                          "\n\r\t\b\x01\x7F",
                                          "{}[]():,\"\"\"",
                                          "caf\xC3\xA9 \xF0\x9F\x8E\x84",
                                          "\xFF\xFE broken"};
  for (const std::string& text : texts) {
    const std::string value = to_graphql(text);
    // A value of GraphQL is one of JSON here: it ends where it began, and nothing of it ends a line.
    const json back = json::parse(value, nullptr, false);
    ASSERT_TRUE(back.is_string()) << value;
    if (text.find('\xFF') == std::string::npos) {
      EXPECT_EQ(back.get<std::string>(), text);
    }
    EXPECT_EQ(value.find_first_of("\n\r"), std::string::npos);
  }
  const Where where = where_all({where_number("since", "LessThanEqual", 7), where_text("facets", texts)});
  const std::string written = to_graphql(where);
  EXPECT_TRUE(written.starts_with("{operands:[{operator:LessThanEqual,path:[\"since\"],valueInt:7},")) << written;
  EXPECT_TRUE(written.ends_with("]}],operator:And}")) << written;
}

TEST(ClusterQuery, WritesPointsThatAreReadBackTheSame) {
  const std::vector<float> point = {0.1F, -1, 1e-38F, 3.4e38F, 0};
  EXPECT_EQ(json::parse(to_text(point)).get<std::vector<float>>(), point);
}

const char* const found_two = R"({"data":{"Get":{"Boats_3":[
  {"asset":"1","popularity":2.5,"title":"red boat","tags":["sea","red"],"facets":["colour\tred","size\t"],
   "description":null,"url":"","content":"ffffffffffffffff","meaning":"7","since":3,"until":2000000000,
   "_additional":{"id":"00000000-0000-4000-8000-000000000009","distance":0.25,"vector":[0.5,-1]}},
  {"asset":"2","popularity":null,"_additional":{"score":"1.75","vector":null}}]}}})";

TEST(ClusterAnswers, AreRead) {
  const auto objects = read_objects(found_two, "Boats_3");
  ASSERT_TRUE(objects) << objects.error().message;
  ASSERT_EQ(objects->size(), 2U);
  const ClusterObject& first = objects->front();
  EXPECT_EQ(first.asset.title, "red boat");
  EXPECT_EQ(first.asset.tags, (std::vector<std::string>{"sea", "red"}));
  ASSERT_EQ(first.asset.facets.size(), 2U);
  EXPECT_EQ(first.asset.facets[0].value, "red");
  EXPECT_EQ(first.asset.facets[1].value, "");
  EXPECT_EQ(first.fingerprint, (Fingerprint{~std::uint64_t{0}, 7}));
  EXPECT_EQ(first.until, for_ever);
  EXPECT_DOUBLE_EQ(first.score, 0.75);
  EXPECT_EQ(first.point, (std::vector<float>{0.5, -1}));
  EXPECT_DOUBLE_EQ(objects->back().score, 1.75);
  EXPECT_EQ(objects->back().asset.popularity, 0);

  EXPECT_EQ(read_count(R"({"data":{"Aggregate":{"Boats_3":[{"meta":{"count":12}}]}}})", "Boats_3").value(), 12U);
  const auto batch = read_batch(R"([{"id":"a","result":{"status":"SUCCESS"}},
    {"id":"b","result":{"status":"FAILED","errors":{"error":[{"message":"no\nroom"}]}}}])");
  ASSERT_TRUE(batch);
  EXPECT_EQ(batch->taken, std::vector<std::string>{"a"});
  EXPECT_EQ(batch->refused.at("b"), "no room");
  const auto deleted = read_deleted(R"({"results":{"matches":3,"failed":1,"limit":10000}})");
  ASSERT_TRUE(deleted);
  EXPECT_EQ(deleted->matches, 3U);
  EXPECT_EQ(deleted->failed, 1U);
}

TEST(ClusterAnswers, KeepWhatACatalogueSaysAboutItself) {
  const ClusterAbout about{{.generation = 9, .assets = 3, .dimension = 384, .encoder = ~std::uint64_t{0}}, 4};
  const auto back = read_cluster_about(to_text(about));
  ASSERT_TRUE(back);
  EXPECT_EQ(back->about.generation, 9U);
  EXPECT_EQ(back->about.assets, 3U);
  EXPECT_EQ(back->about.dimension, 384);
  EXPECT_EQ(back->about.encoder, ~std::uint64_t{0});
  EXPECT_EQ(back->store, 4U);
  for (const char* text : {"", "{}", "7", R"({"generation":-1,"assets":1,"dimension":0,"store":1,"encoder":"1"})",
                           R"({"generation":1,"assets":1.5,"dimension":0,"store":1,"encoder":"1"})",
                           R"({"generation":1,"assets":1,"dimension":31,"store":1,"encoder":"1"})",
                           R"({"generation":1,"assets":1,"dimension":32,"store":1,"encoder":"xyz"})"}) {
    EXPECT_EQ(read_cluster_about(text).error().code, ErrorCode::corrupt) << text;
  }
}

TEST(ClusterAnswers, OfAnotherFormAreErrors) {
  for (const std::string body :
       {"", "null", "[]", "{}", R"({"data":null})", R"({"data":{"Get":{"Boats_3":7}}})",
        R"({"data":{"Get":{"Boats_3":[7]}}})", R"({"data":{"Get":{"Boats_3":[{"asset":7}]}}})",
        R"({"data":{"Get":{"Boats_3":[{"popularity":-1}]}}})", R"({"data":{"Get":{"Boats_3":[{"popularity":1e999}]}}})",
        R"({"data":{"Get":{"Boats_3":[{"tags":["a",7]}]}}})", R"({"data":{"Get":{"Boats_3":[{"facets":["no tab"]}]}}})",
        R"({"data":{"Get":{"Boats_3":[{"since":-3}]}}})", R"({"data":{"Get":{"Boats_3":[{"content":"xyz"}]}}})",
        R"({"data":{"Get":{"Boats_3":[{"_additional":{"score":"nan"}}]}}})",
        R"({"data":{"Get":{"Boats_3":[{"_additional":{"vector":[1,"2"]}}]}}})",
        R"({"data":{"Get":{"Boats_3":[{"_additional":{"vector":[1e999]}}]}}})"}) {
    const auto objects = read_objects(body, "Boats_3");
    ASSERT_FALSE(objects) << body;
    EXPECT_EQ(objects.error().code, ErrorCode::corrupt);
    EXPECT_FALSE(read_count(body, "Boats_3")) << body;
    EXPECT_FALSE(read_object(body)) << body;
    EXPECT_FALSE(read_deleted(body)) << body;
  }
  EXPECT_FALSE(read_objects(std::string(100'000, '['), "Boats_3"));
  EXPECT_FALSE(
      read_objects(R"({"data":{"Get":{"Boats_3":[{"asset":")" + std::string(600, 'x') + R"("}]}}})", "Boats_3"));
  for (std::size_t size = 0; size < std::string_view(found_two).size(); ++size) {
    EXPECT_FALSE(read_objects(std::string_view(found_two).substr(0, size), "Boats_3")) << size;
  }
}

TEST(ClusterAnswers, TellErrorsInOneLine) {
  const auto objects =
      read_objects(R"({"data":{"Get":{"Boats_3":null}},"errors":[{"message":"no\nsuch \u001b[31mclass"}]})", "Boats_3");
  ASSERT_FALSE(objects);
  EXPECT_EQ(objects.error().code, ErrorCode::io);
  EXPECT_EQ(objects.error().message, "no such  [31mclass");
  EXPECT_EQ(complaint_of(422, R"({"error":[{"message":"class exists"}]})"), "class exists");
  EXPECT_EQ(complaint_of(502, "<html>"), "status 502");
  EXPECT_LE(complaint_of(422, R"({"error":[{"message":")" + std::string(5000, 'x') + R"("}]})").size(), 300U);
}

// Two nodes of which the tests say what they answer.
class TwoNodes {
 public:
  using Answer = std::function<std::string(const std::string& request)>;  // of HTTP
  TwoNodes(Answer first, Answer second) : nodes_{server(std::move(first)), server(std::move(second))} {
    cluster_ = *Cluster::make({{nodes_[0]->url().substr(7), nodes_[1]->url().substr(7)}, "Boats"});
  }
  Cluster& cluster() { return *cluster_; }
  [[nodiscard]] int requests(std::size_t node) const { return nodes_[node]->requests(); }

 private:
  static std::unique_ptr<FakeServer> server(Answer answer) {
    return std::make_unique<FakeServer>(
        [answer = std::move(answer)](int, const std::string& request) { return FakeServer::Reply{answer(request)}; });
  }
  std::array<std::unique_ptr<FakeServer>, 2> nodes_;
  std::unique_ptr<Cluster> cluster_;
};

const TwoNodes::Answer breaks_off = [](const std::string&) { return std::string(); };
TwoNodes::Answer always(int status, const std::string& body) {
  return [answer = FakeServer::http(status, body)](const std::string&) { return answer; };
}

TEST(Cluster, AsksTheNextNodeWhereOneFails) {
  for (const TwoNodes::Answer& failing : {breaks_off, always(500, "{}"), always(503, "later")}) {
    TwoNodes nodes(failing, always(200, R"({"nodes":[{},{}]})"));
    EXPECT_EQ(nodes.cluster().count_nodes().value(), 2U);
    EXPECT_EQ(nodes.requests(0), 1);
    EXPECT_EQ(nodes.cluster().count_nodes().value(), 2U);
    EXPECT_EQ(nodes.requests(0), 1) << "it goes on with the node that answers";
  }
}

TEST(Cluster, SendsAgainOnlyWhatWasRefused) {
  std::vector<std::string> seen;
  const auto answer = [&](const std::string& request) {
    seen.push_back(request.substr(request.find("\r\n\r\n") + 4));
    const bool both = seen.back().find("\"a\"") != std::string::npos;
    const std::string a = R"({"id":"a","result":{"status":"SUCCESS"}})";
    const std::string failed =
        R"({"id":"b","result":{"status":"FAILED","errors":{"error":[{"message":"no replica"}]}}})";
    return FakeServer::http(200, both ? "[" + a + "," + failed + "]" : R"([{"id":"b","result":{"status":"SUCCESS"}}])");
  };
  TwoNodes nodes(answer, answer);
  ASSERT_TRUE(nodes.cluster().put({{"a", R"({"id":"a"})"}, {"b", R"({"id":"b"})"}}));
  ASSERT_EQ(seen.size(), 2U);
  EXPECT_EQ(seen[1], R"({"objects":[{"id":"b"}]})");
  EXPECT_EQ(nodes.requests(0), 1);
  EXPECT_EQ(nodes.requests(1), 1);
}

// A node that knows of so many assets, and finds that one.
TwoNodes::Answer node_with(int assets, const std::string& id) {
  return [=](const std::string& request) {
    if (request.find("Aggregate") != std::string::npos) {
      return FakeServer::http(
          200, R"({"data":{"Aggregate":{"Boats_3":[{"meta":{"count":)" + std::to_string(assets) + "}}]}}}");
    }
    return FakeServer::http(200, R"({"data":{"Get":{"Boats_3":[{"asset":")" + id + R"("}]}}})");
  };
}

std::string found_by(Cluster& cluster) {
  const auto stemmer = Stemmer::make();
  const auto view = weaviate_view(cluster, *stemmer, {{.generation = 5, .assets = 9}, 3});
  const std::vector<std::string> words = {"boat"};
  const auto found = view->by_words(words, {}, 10);
  if (!found) return found.error().message;
  return found->empty() ? "none" : found->front().id;
}

TEST(Cluster, SearchesANodeThatHoldsEverything) {
  TwoNodes nodes(node_with(8, "stale"), node_with(9, "whole"));
  EXPECT_EQ(found_by(nodes.cluster()), "whole");
}

TEST(Cluster, SearchesTheNodeThatHoldsMostWhereNoneHoldsEverything) {
  TwoNodes nodes(node_with(7, "less"), node_with(8, "more"));
  EXPECT_EQ(found_by(nodes.cluster()), "more");
}

TEST(Cluster, SearchesAnotherNodeWhereOneGoesAway) {
  const auto whole = node_with(9, "?");
  const auto goes_away = [=](const std::string& request) {
    return request.find("Aggregate") == std::string::npos ? std::string() : whole(request);
  };
  TwoNodes nodes(goes_away, node_with(9, "other"));
  EXPECT_EQ(found_by(nodes.cluster()), "other");
}

TEST(Cluster, TellsWhyNoNodeAnswers) {
  TwoNodes nodes(breaks_off, breaks_off);
  const std::string message = found_by(nodes.cluster());
  EXPECT_NE(message.find("127.0.0.1:"), std::string::npos) << message;
  EXPECT_EQ(message.find('\n'), std::string::npos);
}

}  // namespace
}  // namespace updraft::catalogue
