// updraft index, search and recommend with a catalogue on a cluster.
#include <gtest/gtest.h>

#include <array>
#include <chrono>
#include <filesystem>
#include <nlohmann/json.hpp>
#include <sstream>

#include "catalogue/test_cluster.h"
#include "catalogue/weaviate_cluster.h"
#include "cli/run.h"
#include "files/test_folder.h"

namespace updraft::cli {
namespace {

using catalogue::test::all_nodes;
using Words = std::vector<std::string>;

class ClusterCommands : public testing::Test {
 protected:
  ClusterCommands() {
    if (!std::filesystem::exists(encoder_)) encoder_ = "none";
  }
  ~ClusterCommands() override {
    catalogue::test::start_nodes();
    const auto cluster = catalogue::Cluster::make(*catalogue::parse_cluster_place(place_));
    const auto collections = (**cluster).collections();
    for (const std::string& collection : *collections) {
      if (collection.starts_with(name_ + "_")) (void)(**cluster).remove_collection(collection);
    }
  }

  [[nodiscard]] std::string source(int n, const std::string& colour = "blue") const {
    std::string lines;
    for (int i = 0; i < n; ++i) {
      lines +=
          nlohmann::json{{"id", std::to_string(i)},
                         {"title", (i % 2 == 0 ? "sailing boat number" : "birthday cake number") + std::to_string(i)},
                         {"tags", {i % 2 == 0 ? "lake" : "party"}},
                         {"colour", i % 2 == 0 ? "red" : colour},
                         {"popularity", i}}
              .dump() +
          "\n";
    }
    return folder_.write("assets.jsonl", lines);
  }
  [[nodiscard]] Finished command(const std::string& name, const Words& options) const {
    Words command = {UPDRAFT_PROGRAM, name, "--catalogue", place_, "--encoder", encoder_};
    if (name == "search") command.insert(command.end(), {"--queries", "0"});
    command.insert(command.end(), options.begin(), options.end());
    return run(command);
  }
  [[nodiscard]] nlohmann::json answer(const std::string& name, Words options) const {
    options.push_back("--json");
    const Finished result = command(name, options);
    if (result.exit_code != 0) throw std::runtime_error(result.err);
    return nlohmann::json::parse(result.out);
  }

  files::test::Folder folder_;
  std::string name_ = "Cli" + catalogue::random_uuid().substr(0, 8);
  std::string place_ = "weaviate://" + all_nodes() + "/" + name_;
  std::string encoder_ = std::string(UPDRAFT_SOURCE_DIR) + "/models/minilm-l6-q8_0.gguf";
};

TEST_F(ClusterCommands, IndexSearchAndRecommend) {
  const Finished none = command("search", {"boat"});
  EXPECT_EQ(none.exit_code, 2);
  EXPECT_NE(none.err.find("there is no catalogue; updraft index makes one"), std::string::npos) << none.err;

  const Finished first = command("index", {source(40)});
  ASSERT_EQ(first.exit_code, 0) << first.err;
  EXPECT_TRUE(first.out.starts_with("40 assets: 40 added, 0 changed, 0 deleted, 0 as they were")) << first.out;
  const Finished again = command("index", {source(30, "green")});
  ASSERT_EQ(again.exit_code, 0) << again.err;
  EXPECT_TRUE(again.out.starts_with("30 assets: 0 added, 15 changed, 10 deleted, 15 as they were")) << again.out;

  const auto boats = answer("search", {"sailing boats", "--facets", "--limit", "10"});
  EXPECT_EQ(boats.at("hits").size(), 10U);
  EXPECT_EQ(boats.at("hits").at(0).at("facets").at("colour").at(0), "red");
  EXPECT_GE(boats.at("facets").at("colour").at("red"), 15);
  const auto next = answer("search", {"sailing boats", "--limit", "10", "--cursor", boats.at("next")});
  EXPECT_GE(next.at("hits").size(), 5U);
  EXPECT_NE(next.at("hits").at(0).at("id"), boats.at("hits").at(0).at("id"));
  const auto green = answer("search", {"party", "--filter", "colour=green"});
  EXPECT_EQ(green.at("found"), 15);
  EXPECT_EQ(answer("search", {"party", "--filter", "colour=blue"}).at("found"), 0);
  EXPECT_EQ(answer("search", {"\"}) {Get{Other{id}}} # \\"}).at("text"), "\"}) {Get{Other{id}}} # \\");
  EXPECT_EQ(answer("search", {"sailnig"}).at("corrections").at("sailnig"), "sailing");

  const auto recommended = answer("recommend", {"--like", "3", "--limit", "5"});
  ASSERT_FALSE(recommended.at("recommendations").empty());
  for (const auto& item : recommended.at("recommendations")) EXPECT_NE(item.at("id"), "3");
}

TEST_F(ClusterCommands, AServerServesIt) {
  ASSERT_EQ(command("index", {source(20)}).exit_code, 0);
  // One request and its answer as they travel, for each further argument.
  const std::string script = R"(
    exec 3< <(exec "$0" serve --quiet --port 0 --catalogue "$1" --encoder "$2")
    server=$!
    trap 'kill $server' EXIT
    read -r address <&3
    port=${address##*:}
    for request in "${@:3}"; do
      exec 4<>"/dev/tcp/127.0.0.1/${port%/}"
      printf '%s' "$request" >&4
      tail -n 1 <&4
    done)";
  const std::string about = " HTTP/1.1\r\nHost: localhost\r\nConnection: close\r\n";
  const std::string body = R"({"text": "sailing boats", "queries": [], "filters": {"colour": "red"}})";
  const Finished served =
      run({"/bin/bash", "-c", script, UPDRAFT_PROGRAM, place_, encoder_, "GET /v1/assets?id=3&id=0" + about + "\r\n",
           "POST /v1/search" + about + "Content-Length: " + std::to_string(body.size()) + "\r\n\r\n" + body,
           "GET /v1/assets?id=3&id=none" + about + "\r\n"});
  std::istringstream answers(served.out);
  std::array<nlohmann::json, 3> json;
  for (auto& one : json) {
    std::string line;
    ASSERT_TRUE(std::getline(answers, line)) << served.out << served.err;
    one = nlohmann::json::parse(line);
  }
  EXPECT_EQ(json[0].at("assets").at(0).at("title"), "birthday cake number3");
  EXPECT_EQ(json[0].at("assets").at(1).at("title"), "sailing boat number0");
  EXPECT_EQ(json[1].at("hits").at(0).at("facets").at("colour").at(0), "red");
  EXPECT_EQ(json[2].at("error").at("code"), "not_found");
}

TEST_F(ClusterCommands, SearchesOnWhenANodeIsKilled) {
  ASSERT_EQ(command("index", {source(20)}).exit_code, 0);
  catalogue::test::kill_node(0);
  EXPECT_EQ(answer("search", {"number7"}).at("hits").at(0).at("id"), "7");
  ASSERT_EQ(command("index", {source(30)}).exit_code, 0);
  EXPECT_EQ(answer("search", {"number27"}).at("hits").at(0).at("id"), "27");
}

TEST_F(ClusterCommands, TellWhatIsWrongWithThePlace) {
  for (const std::string place : {"weaviate://127.0.0.1:1/boats", "weaviate://127.0.0.1:1"}) {
    const Finished result =
        run({UPDRAFT_PROGRAM, "search", "boat", "--catalogue", place, "--encoder", "none", "--queries", "0"});
    EXPECT_EQ(result.exit_code, 2);
    EXPECT_NE(result.err.find("a catalogue on a cluster is named like"), std::string::npos) << result.err;
  }
}

}  // namespace
}  // namespace updraft::cli
