// The whole way with a small catalogue, and the text encoder that comes with updraft.
#include "eval/search_quality.h"

#include <gtest/gtest.h>

#include <nlohmann/json.hpp>

#include "files/test_folder.h"

namespace updraft::eval {
namespace {

std::vector<Asset> assets() {
  std::vector<Asset> all;
  const auto add = [&](const std::string& title, const std::string& tag) {
    all.push_back(
        {.id = (all.size() % 2 == 0 ? "a/" : "b/") + std::to_string(all.size()), .title = title, .tags = {tag}});
  };
  for (const char* title : {"kitten asleep", "siamese cat", "tomcat on a roof", "cat and mouse"}) add(title, "cat");
  for (const char* title : {"sailing boat", "rowing boat", "ferry on a lake", "canoe"}) add(title, "boat");
  for (const char* title : {"apple", "red brick wall", "old telephone", "map of spain"}) add(title, "thing");
  return all;
}

TEST(SearchQuality, PutsWaysToSearchAndToRecommendSideBySide) {
  const files::test::Folder folder;
  const std::vector<Asset> all = assets();
  const std::vector<std::string> intents = {"cat", "cat", "cat", "boat", "boat", "boat"};
  const JudgedSet set = judge(all, intents, {.folds = 2, .min_assets = 4, .max_assets = 4});
  ASSERT_EQ(set.vague.size(), 2U);
  std::size_t folds = 0;
  const SearchQualityOptions options{.scratch = folder.path(),
                                     .text_encoder = UPDRAFT_SOURCE_DIR "/models/minilm-l6-q8_0.gguf",
                                     .threads = 1,
                                     .write_queries = [](std::string_view text) -> Result<std::vector<std::string>> {
                                       if (text == "cat") return std::vector<std::string>{"kitten", "siamese"};
                                       return std::vector<std::string>{"canoe", "ferry"};
                                     },
                                     .on_fold = [&](std::size_t, std::size_t) { ++folds; }};
  const auto report = measure_search(all, set, options);
  ASSERT_TRUE(report) << report.error().message;
  EXPECT_EQ(folds, 3U);
  EXPECT_EQ(report->vague, 2U);
  EXPECT_EQ(report->seeds, 6U);
  const auto& rows = report->searches;
  EXPECT_EQ(rows[0].vague.ndcg_10.value(), 0) << "the tested words are in no text";
  EXPECT_GT(rows[4].vague.ndcg_10.value(), rows[0].vague.ndcg_10.value());
  EXPECT_GT(rows[6].vague.distinct.value(), 0);
  EXPECT_GT(rows[0].exact.ndcg_10.value(), 0.99) << "titles are";
  for (const RecommendRow& row : report->recommendations) {
    EXPECT_GT(row.relevance.value(), 0) << row.name;
    EXPECT_GT(row.distinct.value(), 0) << row.name;
    EXPECT_LE(row.distinct.value(), row.relevance.value()) << row.name;
    EXPECT_GT(row.diversity.value(), 0) << row.name;
  }
  EXPECT_NE(to_text(*report).find("| hybrid with updraft's queries "), std::string::npos);
  const auto json = nlohmann::json::parse(to_json(*report));
  EXPECT_EQ(json.at("searches").at("words (BM25)").at("vague").at("ndcg_10"), 0);
  EXPECT_EQ(json.at("recommendations").size(), 5U);
}

TEST(SearchQuality, EndsWithTheErrorOfWhatWritesQueries) {
  const files::test::Folder folder;
  const std::vector<Asset> all = assets();
  const auto report = measure_search(all, judge(all, {}),
                                     {.scratch = folder.path(),
                                      .text_encoder = UPDRAFT_SOURCE_DIR "/models/minilm-l6-q8_0.gguf",
                                      .write_queries = [](std::string_view) -> Result<std::vector<std::string>> {
                                        return fail(ErrorCode::io, "no");
                                      }});
  ASSERT_FALSE(report);
  EXPECT_EQ(report.error().message, "no");
}

}  // namespace
}  // namespace updraft::eval
