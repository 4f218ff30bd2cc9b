#include "teacher/draft.h"

#include <gtest/gtest.h>

#include <nlohmann/json.hpp>

#include "corpus/rules.h"
#include "teacher/prompt.h"
#include "text/words.h"

namespace updraft::teacher {
namespace {

using nlohmann::json;

json example() { return json::parse(example_record()); }

Draft draft_of(const json& record) {
  auto draft = read_draft(record.dump(), "birdhouse building workshop for kids", "");
  EXPECT_TRUE(draft.has_value());
  return draft.value_or(Draft{});
}

std::vector<std::string> kinds_of(const Draft& draft) {
  std::vector<std::string> kinds;
  for (const corpus::Finding& finding : draft.findings) kinds.push_back(finding.kind);
  return kinds;
}

using Kinds = std::vector<std::string>;

TEST(Rules, AreKeptByTheirOwnExample) {
  const Draft draft = draft_of(example());
  for (const corpus::Finding& finding : draft.findings)
    ADD_FAILURE() << finding.kind << ": " << finding.text << ": " << finding.why;
  EXPECT_EQ(json::parse(draft.line), example());
  // Short, middle and long, as they ask for.
  const std::vector<std::pair<std::size_t, std::size_t>> templates = {{5, 10}, {11, 18}, {20, 30}};
  const std::vector<std::pair<std::size_t, std::size_t>> images = {{8, 15}, {18, 32}, {40, 68}};
  for (std::size_t i = 0; i < 3; ++i) {
    const auto words = [&](Task task) {
      return text::count_words(draft.record.prompts[static_cast<std::size_t>(task)][i]);
    };
    EXPECT_GE(words(Task::template_), templates[i].first);
    EXPECT_LE(words(Task::template_), templates[i].second);
    EXPECT_GE(words(Task::image), images[i].first);
    EXPECT_LE(words(Task::image), images[i].second);
  }
}

TEST(Rules, NameEveryCategoryAndLength) {
  const std::string rules = record_rules();
  for (const auto category : corpus::categories) EXPECT_NE(rules.find(category), std::string::npos) << category;
  EXPECT_NE(rules.find("image: a list of 3 strings, each of 8 to 70 words"), std::string::npos);
  EXPECT_NE(rules.find("query: a list of 4 strings, each of 2 to 7 words"), std::string::npos);
}

TEST(AskForRecord, QuotesTheIntent) {
  const std::string text = ask_for_record("say \"no\"\nAnswer with nothing", "games");
  EXPECT_EQ(text.find("Intent: \"say \\\"no\\\"\\nAnswer with nothing\"\nCategory: games\n"), 0U);
}

TEST(AskForRepair, TellsEachFinding) {
  const std::vector<corpus::Finding> findings = {{{}, 0, "length", "a text", "query has 9 words, not 2 to 7"}};
  EXPECT_NE(ask_for_repair(findings).find("- length: \"a text\": query has 9 words, not 2 to 7\n"), std::string::npos);
}

TEST(FindObject, LooksPastWhatStandsAroundIt) {
  for (const std::string answer : {R"({"a":1})", "Here it is:\n```json\n{\"a\": 1}\n```\nEnjoy!",
                                   "<think>{\"no\": 2}, or so</think>\n{\"a\":1}"}) {
    EXPECT_EQ(find_object(answer).value_or("?"), R"({"a":1})") << answer;
  }
  for (const std::string answer : {"", "no", "{", "}{", "[1]", "{\"a\":1", "{'a': 1}", "{\"a\":\"\xFF\"}"}) {
    EXPECT_FALSE(find_object(answer).has_value()) << answer;
  }
}

TEST(FindObject, SurvivesNesting) {
  constexpr std::size_t deep = 200'000;
  const std::string nested = R"({"intent":"x","query":)" + std::string(deep, '[') + std::string(deep, ']') + "}";
  ASSERT_TRUE(find_object(nested).has_value());
  EXPECT_FALSE(read_draft(nested, "x", "")->findings.empty());
}

TEST(ReadDraft, PutsRightWhatNeedsNoJudgement) {
  json record = example();
  record["query"][0] = "  kids building\nbirdhouse. ";
  record["related"][0] = "grandpa\xE2\x80\x99s tool belt";
  record["facets"]["mood"] = "";
  record["facets"]["style"] = nullptr;
  record["facets"]["colors"] = json::array();
  record["thoughts"] = "I counted";
  record["intent"] = "something else";
  const Draft draft = draft_of(record);
  EXPECT_EQ(kinds_of(draft), Kinds{});
  const json tidy = json::parse(draft.line);
  EXPECT_EQ(tidy["query"][0], "kids building birdhouse");
  EXPECT_EQ(tidy["related"][0], "grandpa's tool belt");
  EXPECT_EQ(tidy["facets"], example()["facets"]);
  EXPECT_FALSE(tidy.contains("thoughts"));
  EXPECT_EQ(tidy["intent"], "birdhouse building workshop for kids");
  EXPECT_TRUE(draft.line.starts_with(
      R"({"intent":"birdhouse building workshop for kids","category":"family_kids","facets":{)"));
  EXPECT_EQ(draft.line.find('\n'), std::string::npos);
}

TEST(ReadDraft, TakesTheGivenCategory) {
  const auto draft = read_draft(example_record(), "another", "education");
  EXPECT_EQ(draft->record.category, "education");
  EXPECT_EQ(draft->record.intent, "another");
}

TEST(ReadDraft, LeavesTheIntentToItsAuthor) {
  const auto draft = read_draft(example_record(), "a ice cream cart \xF0\x9F\x8D\xA6 an poster", "");
  EXPECT_EQ(kinds_of(*draft), Kinds{});
}

TEST(ReadDraft, TellsWhatIsWrong) {
  json record = example();
  record["category"] = "birds";
  record["query"][1] = "far too many words for any search query here";
  record["related"].erase(3);
  record["template"] = "a string";
  record["image"][0] = record["image"][1];
  record.erase("raw");
  EXPECT_EQ(kinds_of(draft_of(record)), (Kinds{"category", "field", "length", "field", "count", "count"}));
}

TEST(Without, LeavesTheGoodPrompts) {
  json record = example();
  record["query"][1] = "far too many words for any search query here";
  record["image"][2] = 3;
  record["raw"][1]["goal"] = "buy";
  record["facets"]["smell"] = "pine";
  const Draft draft = draft_of(record);
  const auto left = without(draft, draft.findings);
  ASSERT_TRUE(left.has_value()) << left.error().message;
  EXPECT_EQ(kinds_of(*left), Kinds{});
  json expected = example();
  expected["query"].erase(1);
  expected["image"].erase(2);
  expected["raw"].erase(1);
  EXPECT_EQ(json::parse(left->line), expected);
}

TEST(Without, RefusesWhatIsTooLittle) {
  json record = example();
  for (int i = 0; i < 3; ++i) record["query"][i] = "q" + std::to_string(i);
  const Draft draft = draft_of(record);
  const auto left = without(draft, draft.findings);
  ASSERT_FALSE(left.has_value());
  EXPECT_EQ(left.error().code, ErrorCode::corrupt);
  record = example();
  record["category"] = "birds";
  const Draft wrong = draft_of(record);
  EXPECT_FALSE(without(wrong, wrong.findings).has_value());
}

}  // namespace
}  // namespace updraft::teacher
