#include "corpus/check.h"

#include <gtest/gtest.h>

#include <nlohmann/json.hpp>

#include "corpus/rules.h"
#include "files/test_folder.h"

namespace updraft::corpus {
namespace {

using nlohmann::json;
using Kinds = std::vector<std::string>;

json good() {
  return json::parse(R"({
    "intent": "lemonade stand sign", "category": "food_drink",
    "facets": {"format": "sign", "colors": ["yellow"]},
    "raw": [{"text": "sign for my kids lemonade stnd", "goal": "template"}],
    "query": ["lemonade stand sign yellow", "hand painted price board"],
    "related": ["paper straws", "bake sale"],
    "template": ["Yellow lemonade sign with chunky letters", "Wooden stand sign, lemon slices on both ends"],
    "image": ["A wobbly wooden stand on a lawn, glass jug full of lemons",
              "Close view of cold lemonade poured over ice in morning sun"]})");
}

std::vector<Finding> findings_of(const std::string& line) {
  std::vector<Finding> findings;
  (void)read_record(line, findings);
  return findings;
}

Kinds kinds_of(const json& record) {
  Kinds kinds;
  for (const Finding& finding : findings_of(record.dump())) kinds.push_back(finding.kind);
  return kinds;
}

testing::AssertionResult holds(const std::string& text, const std::string& part) {
  if (text.find(part) != std::string::npos) return testing::AssertionSuccess();
  return testing::AssertionFailure() << text << " does not hold " << part;
}

json with_query(const std::string& text) {
  json record = good();
  record["query"][0] = text;
  return record;
}

TEST(ReadRecord, FindsNothingInAGoodRecord) {
  std::vector<Finding> findings;
  const auto record = read_record(good().dump(), findings);
  EXPECT_EQ(kinds_of(good()), Kinds{});
  ASSERT_TRUE(record.has_value());
  EXPECT_EQ(record->intent, "lemonade stand sign");
  EXPECT_EQ(record->prompts[static_cast<std::size_t>(Task::related)],
            (std::vector<std::string>{"paper straws", "bake sale"}));
}

TEST(ReadRecord, TellsWhatCannotBeRead) {
  for (const std::string wrong : {"", "{", "[]", "3", "\"text\"", R"({"intent":)"}) {
    std::vector<Finding> findings;
    EXPECT_FALSE(read_record(wrong, findings).has_value()) << wrong;
    ASSERT_EQ(findings.size(), 1U) << wrong;
    EXPECT_EQ(findings[0].kind, "json");
  }
  std::vector<Finding> findings;
  EXPECT_FALSE(read_record("{}", findings).has_value());
  EXPECT_EQ(findings.size(), 8U) << "every field is missing";
  EXPECT_FALSE(read_record(std::string(100'000, '['), findings).has_value());
}

TEST(ReadRecord, FindsBrokenFields) {
  const json whole = good();
  for (const auto& item : whole.items()) {
    json record = good();
    record.erase(item.key());
    EXPECT_EQ(kinds_of(record), (Kinds{"field"})) << item.key();
    record[item.key()] = 3;
    EXPECT_EQ(kinds_of(record), (Kinds{"field"})) << item.key();
  }
  json record = good();
  record["notes"] = "mine";
  EXPECT_EQ(kinds_of(record), (Kinds{"field"}));
  record = good();
  record["facets"] = {{"smell", "fresh"}, {"colors", "yellow"}, {"mood", ""}};
  EXPECT_EQ(kinds_of(record), (Kinds{"field", "field", "field"}));
  record = good();
  record["raw"] = json::array({"typed", {{"text", "no goal"}}});
  EXPECT_EQ(kinds_of(record), (Kinds{"field", "field"}));
  EXPECT_EQ(kinds_of(with_query(std::string(max_text_bytes + 1, 'x'))), (Kinds{"field"}));
}

TEST(ReadRecord, FindsUnknownCategoriesAndGoals) {
  json record = good();
  record["category"] = "drinks";
  record["raw"][0]["goal"] = "buy";
  EXPECT_EQ(kinds_of(record), (Kinds{"category", "goal"}));
}

TEST(ReadRecord, CountsPromptsAndWords) {
  json record = good();
  record["query"] = {"lemonade stand sign yellow"};
  record["related"] = json::array();
  for (int i = 0; i < 9; ++i) record["related"].push_back("idea number " + std::to_string(i));
  EXPECT_EQ(kinds_of(record), (Kinds{"count", "count"}));
  EXPECT_EQ(kinds_of(with_query("lemonade")), (Kinds{"length"}));
  EXPECT_EQ(kinds_of(with_query("one two three four five six seven")), Kinds{});
  EXPECT_EQ(kinds_of(with_query("one two three four five six seven eight")), (Kinds{"length"}));
}

TEST(ReadRecord, FindsSlipsOfForm) {
  const std::vector<std::pair<std::string, std::string>> cases = {
      {"cold lemonade photo.", "full-stop"},
      {"cold  lemonade photo", "characters"},
      {" cold lemonade photo", "characters"},
      {"cold lemonade \xE2\x80\x94 photo", "characters"},  // em dash
      {"cold lemonade\tphoto", "characters"},
      {"cold lemonade <photo>", "characters"},
      {"cold \xF0\x9F\x8D\x8B lemonade", "characters"},  // a lemon
      {"cold lemonade with", "dangling-end"},
      {"cold lemonade and", "dangling-end"},
      {"cold lemonade,", "dangling-end"},
      {"cold lemonade (photo", "dangling-end"},
      {"glass of of lemonade", "doubled-word"},
      {"cold lemonnnade photo", "tripled-letter"},
      {"a icy lemonade", "article"},
      {"an cold lemonade", "article"},
      {"a 8 ounce cup", "article"},
      {"a hour of rest", "article"},
  };
  for (const auto& [text, kind] : cases) EXPECT_EQ(kinds_of(with_query(text)), (Kinds{kind})) << text;
}

TEST(ReadRecord, LeavesGoodEnglishAlone) {
  for (const std::string text :
       {"knock knock joke card", "size xxxl shirt",   "www address sticker", "lemonade seen from behind",
        "a unicorn and an owl",  "an hour of rest",   "a one page menu",     "an 18th birthday",
        "an SUV photo",          "a UFO photo",       "an x-ray photo",      "letter A apple card",
        "caf\xC3\xA9 menu",      "vitamin a in food", "a used car",          "an umbrella",
        "print with letter A",   "night, night bear", "an uninvited guest",  "an 1890s print",
        "a 118 piece set",       "a Ugandan swamp",   "toy for ages 8+",     "barista q and a"}) {
    EXPECT_EQ(kinds_of(with_query(text)), Kinds{}) << text;
  }
}

TEST(ReadRecord, FindsSiblingsThatSayTheSame) {
  json record = good();
  record["query"][1] = "yellow sign for lemonade stands";
  EXPECT_EQ(kinds_of(record), (Kinds{"sibling"}));
  record = good();
  record["related"][0] = "hand-painted price board";
  EXPECT_EQ(kinds_of(record), (Kinds{"sibling"})) << "an adjacent idea that is a query again";
}

class CheckTest : public testing::Test {
 protected:
  // A record that shares nothing with any other but what is put into it.
  static json record(const std::string& intent, int number) {
    const std::string n = std::to_string(number);
    const auto words = [&](const std::string& letter, int count) {
      std::string text;
      for (int i = 0; i < count; ++i) text += (i > 0 ? " " : "") + letter + n + "x" + std::to_string(i);
      return text;
    };
    return {{"intent", intent},
            {"category", "science"},
            {"facets", json::object()},
            {"raw", json::array({{{"text", "typed"}, {"goal", "search"}}})},
            {"query", {words("q", 3), words("k", 3)}},
            {"related", {words("r", 2), words("l", 2)}},
            {"template", {words("t", 8), words("m", 8)}},
            {"image", {words("i", 12), words("j", 12)}}};
  }
  static std::string intent(bool held_out, int number) {
    for (int i = 0;; ++i) {
      std::string text = "subject" + std::to_string(number) + " variant" + std::to_string(i);
      if (is_held_out(text) == held_out) return text;
    }
  }
  void write(const std::string& name, const std::vector<json>& records) const {
    std::string lines;
    for (const json& one : records) lines += one.dump() + '\n';
    folder_.write(name, lines);
  }
  [[nodiscard]] CheckReport run() const {
    const auto checks = standard_checks();
    const auto report = check(folder_.path(), checks);
    EXPECT_TRUE(report.has_value());
    return report.value_or(CheckReport{});
  }

  files::test::Folder folder_;
};

TEST_F(CheckTest, FindsNothingWhereNothingIsWrong) {
  write("a.jsonl", {record(intent(false, 1), 1), record(intent(true, 2), 2)});
  const CheckReport report = run();
  EXPECT_EQ(report.intents, 2U);
  EXPECT_EQ(report.prompts, 16U);
  EXPECT_TRUE(report.findings.empty()) << to_text(report, 10);
}

TEST_F(CheckTest, FindsTextsThatStandThereTwice) {
  json second = record("Variant0, of subject1s", 2);
  second["query"][1] = record("", 1)["query"][0];
  std::string image = record("", 1)["image"][1];
  image.replace(image.rfind(' '), std::string::npos, " end");
  second["image"][0] = image;
  ASSERT_FALSE(is_held_out("subject1 variant0"));
  ASSERT_FALSE(is_held_out("Variant0, of subject1s"));
  write("a.jsonl", {record("subject1 variant0", 1)});
  write("b.jsonl", {record(intent(false, 3), 3), second});
  const CheckReport report = run();
  ASSERT_EQ(report.findings.size(), 3U) << to_text(report, 10);
  EXPECT_EQ(report.findings[0].kind, "near-intent");
  EXPECT_EQ(report.findings[1].kind, "duplicate-prompt");
  EXPECT_EQ(report.findings[2].kind, "near-prompt");
  for (const Finding& finding : report.findings) {
    EXPECT_EQ(finding.file, "b.jsonl");
    EXPECT_EQ(finding.line, 2U);
    EXPECT_TRUE(holds(finding.why, "a.jsonl:1"));
  }
}

TEST_F(CheckTest, FindsLeaksWhicheverSideStandsFirst) {
  const std::string hidden = intent(true, 1);
  std::string near = hidden + "s";
  while (is_held_out(near)) near = "the " + near;
  json seen = record(near, 2);
  seen["template"][1] = record("", 1)["template"][0];
  write("a.jsonl", {record(hidden, 1)});
  write("b.jsonl", {seen});
  const CheckReport report = run();
  ASSERT_EQ(report.findings.size(), 2U) << to_text(report, 10);
  EXPECT_EQ(report.findings[0].kind, "leaked-intent");
  EXPECT_EQ(report.findings[1].kind, "leaked-prompt");
  EXPECT_EQ(report.findings[1].file, "a.jsonl") << "told where it is held out";
}

TEST_F(CheckTest, FindsSlipsOfSpelling) {
  std::vector<json> records;
  for (int i = 0; i < 20; ++i) {
    records.push_back(record(intent(false, i), i));
    records.back()["query"][0] = "children's birthday" + std::to_string(i) + " invitation";
  }
  records.push_back(record(intent(false, 50), 50));
  records.back()["query"][0] = "an invitaton and chidlren";
  records.back()["related"][0] = "invitations";        // a form of it
  records.back()["related"][1] = "childbirth relics";  // other words
  write("a.jsonl", records);
  const CheckReport report = run();
  ASSERT_EQ(report.findings.size(), 2U) << to_text(report, 10);
  EXPECT_TRUE(holds(report.findings[0].why, "'chidlren' may be 'children'"));
  EXPECT_TRUE(holds(report.findings[1].why, "'invitaton' may be 'invitation'"));
}

TEST_F(CheckTest, GoesOnBehindABrokenLine) {
  folder_.write("a.jsonl", "{broken\n\n" + record(intent(false, 1), 1).dump());
  const CheckReport report = run();
  EXPECT_EQ(report.intents, 1U);
  ASSERT_EQ(report.findings.size(), 1U);
  EXPECT_EQ(report.findings[0].kind, "json");
  EXPECT_EQ(report.findings[0].line, 1U);
}

TEST_F(CheckTest, TakesFurtherChecks) {
  write("a.jsonl", {record(intent(false, 1), 1)});
  const std::vector<Check> checks = {[](std::span<const Entry> entries, std::vector<Finding>& findings) {
    findings.push_back(
        {entries[0].file, entries[0].line, "constraint", entries[0].record.intent, "no people, but people"});
  }};
  const auto report = check(folder_.path(), checks);
  ASSERT_TRUE(report.has_value());
  ASSERT_EQ(report->findings.size(), 1U);
  EXPECT_TRUE(holds(to_text(*report, 10), "constraint (1)\n  a.jsonl:1: "));
}

TEST_F(CheckTest, SaysWhatIsMissing) {
  EXPECT_EQ(check(folder_.path(), {}).error().code, ErrorCode::not_found);
  EXPECT_EQ(check(folder_ / "nowhere", {}).error().code, ErrorCode::io);
}

TEST(CheckReportTest, IsGroupedAndCutForPeople) {
  CheckReport report{3, 30, {}};
  for (std::size_t line = 1; line <= 3; ++line)
    report.findings.push_back({"a.jsonl", line, "article", "text", "'a owl'"});
  report.findings.push_back({"a.jsonl", 9, "spelling", "steers \x1B[2J\n", "why"});
  const std::string text = to_text(report, 2);
  EXPECT_TRUE(holds(text, "3 intents, 30 prompts, 4 findings\n\narticle (3): "));
  EXPECT_TRUE(holds(text, "  a.jsonl:2: text: 'a owl'\n  and 1 more\n"));
  EXPECT_EQ(text.find('\x1B'), std::string::npos);
  const json object = json::parse(to_json(report));
  EXPECT_EQ(object["intents"], 3);
  EXPECT_EQ(object["findings"].size(), 4U);
  EXPECT_EQ(object["findings"][3]["kind"], "spelling");
}

}  // namespace
}  // namespace updraft::corpus
