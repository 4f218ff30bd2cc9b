#include "eval/report.h"

#include <gtest/gtest.h>

#include <nlohmann/json.hpp>
#include <sstream>

namespace updraft::eval {
namespace {

Report example() {
  Report report{.n_intents = 3, .options = {.intents = 3, .n = 2, .seed = 5}, .systems = {}};
  SystemReport teacher;
  teacher.name = "teacher";
  for (std::size_t t = 0; t < prompt_tasks.size(); ++t) {
    teacher.scores[t].as_many.relevance.add(0.25 + 0.1 * static_cast<double>(t));
  }
  SystemReport updraft = teacher;
  updraft.name = "updraft";
  updraft.tokens = 100;
  updraft.steering.emplace();
  updraft.seconds.add(0.5);
  updraft.memory_mb = 123;
  for (TaskSteering& task : *updraft.steering) {
    task.teacher_loss.a_token.add(0);
    task.words = {{3, 3}, {4, 6}};
    for (int ret = 0; ret < 10; ++ret) task.returns.push_back({ret, ret / 2});
  }
  report.systems = {teacher, updraft};
  return report;
}

TEST(ToJson, TellsWhatWasMeasuredAndNothingElse) {
  const auto json = nlohmann::json::parse(to_json(example()));
  EXPECT_EQ(json.at("intents"), 3);
  EXPECT_EQ(json.at("n"), 2);
  EXPECT_EQ(json.at("seed"), 5);
  const auto& teacher = json.at("systems").at("teacher");
  EXPECT_EQ(teacher.at("mean_of_tasks").at("as_many_as_the_teacher").at("relevance"), 0.4);
  EXPECT_EQ(teacher.at("tasks").at("template").at("as_many_as_the_teacher").at("relevance"), 0.45);
  EXPECT_TRUE(teacher.at("mean_of_tasks").at("all_texts").at("relevance").is_null());
  EXPECT_TRUE(teacher.at("tokens_per_second").is_null());
  EXPECT_TRUE(teacher.at("mean_of_tasks").at("unforced_words").at("within_1").is_null());
  EXPECT_FALSE(teacher.at("tasks").at("query").contains("perplexity"));
  const auto& updraft = json.at("systems").at("updraft");
  EXPECT_EQ(updraft.at("tokens_per_second"), 200);
  EXPECT_EQ(updraft.at("memory_mb"), 123);
  EXPECT_EQ(updraft.at("mean_of_tasks").at("unforced_words").at("within_1"), 0.5);
  EXPECT_EQ(updraft.at("tasks").at("query").at("achieved_by_asked_return"),
            nlohmann::json::parse("[0,0,1,1,2,2,3,3,4,4]"));
  EXPECT_EQ(updraft.at("tasks").at("query").at("perplexity"), 1);
  EXPECT_GT(updraft.at("mean_of_tasks").at("spearman_of_means"), 0.9);
}

TEST(ToText, IsMadeOfMarkdownTablesWhoseRowsAreAlike) {
  const std::string text = to_text(example());
  EXPECT_TRUE(text.starts_with("3 held-out intents, 2 texts a task, seed 5\n")) << text;
  std::istringstream lines(text);
  std::size_t width = 0, n_rows = 0;
  for (std::string line; std::getline(lines, line);) {
    if (!line.starts_with('|')) {
      width = 0;
      continue;
    }
    if (width == 0) width = line.size();
    EXPECT_EQ(line.size(), width) << line;
    ++n_rows;
  }
  // Six tables of texts with two systems each, one of lengths and one of cost with one, four rows of steering.
  EXPECT_EQ(n_rows, 6U * 4 + 2U * 3 + 6U);
}

TEST(ToText, IsTheSameForTheSameReport) { EXPECT_EQ(to_text(example()), to_text(example())); }

TEST(Pictures, ShowWhatCameOfWhatWasAskedAndAllSystems) {
  const auto all = pictures(example());
  ASSERT_EQ(all.size(), 3U);
  EXPECT_EQ(all[0].name, "returns");
  EXPECT_EQ(all[1].name, "words");
  EXPECT_EQ(all[2].name, "systems");
  for (const Picture& picture : all) EXPECT_TRUE(picture.svg.starts_with("<svg")) << picture.svg.substr(0, 40);
  EXPECT_NE(all[2].svg.find("updraft"), std::string::npos);
  Report report = example();
  report.systems.pop_back();
  EXPECT_EQ(pictures(report).size(), 1U);  // nothing was steered
}

}  // namespace
}  // namespace updraft::eval
