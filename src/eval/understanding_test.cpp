#include "eval/understanding.h"

#include <gtest/gtest.h>

#include "eval/small_systems.h"

namespace updraft::eval {
namespace {

class UnderstandingTest : public test::SmallSystems {
 protected:
  static corpus::Record record() {
    return {.intent = "christmas sale flyer",
            .category = "retail",
            .facets = {{"format", "flyer"}, {"occasion", "christmas"}, {"colors", "red, green"}},
            .utterances = {{"need a red and green flyer for our xmas sale", "template"}},
            .prompts = {}};
  }
  static Intent understood(std::string text, std::string goal, std::vector<Facet> facets) {
    Intent intent;
    intent.text = std::move(text);
    intent.goals = {{std::move(goal), 0.9}};
    intent.categories = {{"retail", 0.8}};
    intent.facets = std::move(facets);
    intent.confidence = 0.75;
    intent.signs = {1, 2};
    intent.total_ms = 20;
    return intent;
  }
  [[nodiscard]] UnderstandingReport report_of(const Intent& intent) const {
    UnderstandingReport report;
    const auto scorer = this->scorer();
    const corpus::Record meant = record();
    add(report, meant, meant.utterances.front(), intent, scorer.encoder());
    return report;
  }
};

TEST_F(UnderstandingTest, WhatTheTeacherMeantIsRight) {
  const UnderstandingReport report = report_of(understood(
      "Christmas sale flyers", "template", {{"colors", "green, red"}, {"format", "Flyer"}, {"count", "1 flyer"}}));
  EXPECT_EQ(report.goal.value(), 1);
  EXPECT_EQ(report.category.value(), 1);
  EXPECT_EQ(report.equal.value(), 1);
  EXPECT_EQ(report.paraphrase.value(), 1);
  EXPECT_EQ(report.facets.at("format").f1(), 1);
  EXPECT_EQ(report.facets.at("colors").f1(), 1);
  EXPECT_EQ(report.facets.at("occasion").f1(), 0);
  EXPECT_NEAR(report.facets.at("").f1(), 0.8, 1e-9);  // two right, one missed
}

TEST_F(UnderstandingTest, WhatItDidNotMeanIsWrong) {
  const UnderstandingReport report =
      report_of(understood("birthday cake", "search", {{"format", "cake"}, {"mood", "happy"}}));
  EXPECT_EQ(report.goal.value(), 0);
  EXPECT_EQ(report.equal.value(), 0);
  EXPECT_EQ(report.facets.at("").right, 0U);
  EXPECT_EQ(report.facets.at("").wrong, 2U);
  EXPECT_EQ(report.facets.at("").missed, 3U);
}

TEST_F(UnderstandingTest, WhatASecondReaderMeantIsRightAsWell) {
  const auto scorer = this->scorer();
  const corpus::Record meant = record();
  corpus::Record second = meant;
  second.intent = "birthday cake";
  second.category = "holidays";
  second.utterances.front().goal = "search";
  UnderstandingReport report;
  const Intent intent = understood("birthday cakes", "search", {});
  add(report, meant, meant.utterances.front(), intent, scorer.encoder(), &second);
  EXPECT_EQ(report.goal.value(), 0);
  EXPECT_EQ(report.goal_of_either.value(), 1);
  EXPECT_EQ(report.category_of_either.value(), 1);
  EXPECT_EQ(report.equal.value(), 0);
  EXPECT_EQ(report.paraphrase_of_either.value(), 1);
  add(report, meant, meant.utterances.front(), understood("a boat", "generate", {}), scorer.encoder(), &second);
  EXPECT_EQ(report.goal_of_either.value(), 0.5);
}

TEST_F(UnderstandingTest, AReaderIsMeasuredAsADetectorIs) {
  const auto scorer = this->scorer();
  const corpus::Record meant = record();
  UnderstandingReport report, second;
  add(report, meant, meant.utterances.front(), understood("boat", "search", {}), scorer.encoder());
  add(second, meant, meant.utterances.front(), as_understood(meant), scorer.encoder());
  EXPECT_EQ(second.goal.value(), 1);
  EXPECT_EQ(second.equal.value(), 1);
  EXPECT_EQ(second.facets.at("").f1(), 1);
  const std::string beside = to_text(report, second);
  EXPECT_NE(beside.find("a second reader"), std::string::npos) << beside;
  EXPECT_EQ(to_text(report).find("a second reader"), std::string::npos);
}

TEST_F(UnderstandingTest, AnUtteranceIsEitherForFittingOrForMeasuring) {
  UnderstandingReport report;
  int n_fitting = 0;
  for (int i = 0; i < 100; ++i) {
    const std::string text = "asdf " + std::to_string(i);
    add_meaningless(report, text, understood("asdf", "search", {}));
    n_fitting += is_for_fitting(text) ? 1 : 0;
  }
  EXPECT_GT(n_fitting, 20);
  EXPECT_LT(n_fitting, 80);
  EXPECT_EQ(report.signs_of_meaningless.size(), static_cast<std::size_t>(n_fitting));
  EXPECT_EQ(report.confidence.size(), static_cast<std::size_t>(100 - n_fitting));
  EXPECT_EQ(report.of_meaningless.size(), report.confidence.size());
  EXPECT_NEAR(calibration_error(report.confidence), 0.75, 1e-9);
}

TEST_F(UnderstandingTest, AQueryIsForFittingOrMeasuredByItself) {
  UnderstandingReport report;
  for (int i = 0; i < 100; ++i) add_query(report, "cat " + std::to_string(i), understood("cat", "search", {}));
  EXPECT_EQ(report.of_queries.size() + report.signs_of_queries.size(), 100U);
  EXPECT_GT(report.of_queries.size(), 20U);
  EXPECT_GT(report.signs_of_queries.size(), 20U);
  EXPECT_TRUE(report.confidence.empty() && report.signs.empty());
  EXPECT_NE(to_text(report).find("queries"), std::string::npos);
}

TEST_F(UnderstandingTest, ReportsTellEachFigure) {
  const UnderstandingReport report = report_of(understood("christmas sale flyer", "template", {{"format", "flyer"}}));
  const std::string text = to_text(report), json = to_json(report);
  for (const std::string word : {"goal", "category", "canonical intent", "facet format", "calibration", "median"}) {
    EXPECT_NE(text.find(word), std::string::npos) << text;
  }
  EXPECT_NE(json.find("\"goal_accuracy\": 1.0"), std::string::npos) << json;
  EXPECT_NE(json.find("\"median_ms\": 20.0"), std::string::npos) << json;
}

}  // namespace
}  // namespace updraft::eval
