#include "corpus/corpus.h"

#include <gtest/gtest.h>

#include "files/test_folder.h"

namespace updraft::corpus {
namespace {

class CorpusTest : public testing::Test {
 protected:
  void write(const std::string& name, const std::string& content) const { folder_.write(name, content); }
  static std::string line(const std::string& intent) {
    return R"({"intent":")" + intent +
           R"(","category":"retail","facets":{"colors":["red","blue"],"format":"card"},"raw":[{"text":"typed","goal":"search"}],"query":["a b"],"related":[],)" +
           R"("template":["c"],"image":["d","e"]})" + "\n";
  }

  files::test::Folder folder_;
};

TEST_F(CorpusTest, ReadsAllFilesInTheOrderOfTheirNames) {
  write("b.jsonl", line("second"));
  write("a.jsonl", "\n" + line("first"));
  write("notes.txt", "not read");
  const auto corpus = read(folder_.path());
  ASSERT_TRUE(corpus.has_value()) << corpus.error().message;
  std::vector<Record> all = corpus->train;
  all.insert(all.end(), corpus->held_out.begin(), corpus->held_out.end());
  ASSERT_EQ(all.size(), 2U);
  EXPECT_EQ(all[0].intent, "first");
  EXPECT_EQ(all[0].category, "retail");
  ASSERT_EQ(all[0].facets.size(), 2U);
  EXPECT_EQ(all[0].facets[0].key, "format");
  EXPECT_EQ(all[0].facets[1].value, "red, blue");
  ASSERT_EQ(all[0].utterances.size(), 1U);
  EXPECT_EQ(all[0].utterances[0].text, "typed");
  EXPECT_EQ(all[0].utterances[0].goal, "search");
  EXPECT_EQ(all[0].prompts[static_cast<std::size_t>(Task::image)], (std::vector<std::string>{"d", "e"}));
  EXPECT_EQ(all[1].intent, "second");
}

TEST_F(CorpusTest, AnIntentsSideDependsOnItsTextAlone) {
  std::string lines;
  int expected = 0;
  for (int i = 0; i < 1000; ++i) {
    lines += line("intent " + std::to_string(i));
    expected += is_held_out("intent " + std::to_string(i)) ? 1 : 0;
  }
  write("a.jsonl", lines);
  const auto corpus = read(folder_.path());
  ASSERT_TRUE(corpus.has_value());
  EXPECT_EQ(corpus->held_out.size(), static_cast<std::size_t>(expected));
  EXPECT_EQ(corpus->train.size(), static_cast<std::size_t>(1000 - expected));
  EXPECT_GT(expected, 30);
  EXPECT_LT(expected, 90);
  // The rule is a promise: another one would show the models trained so far their own training intents.
  EXPECT_TRUE(is_held_out("vintage car illustration"));
  EXPECT_FALSE(is_held_out("summer clearance sale"));
}

TEST_F(CorpusTest, NamesTheLineThatIsWrong) {
  for (const std::string wrong : {"{", "[]", "{}", R"({"intent":3})"}) {
    write("a.jsonl", line("good") + wrong + "\n");
    const auto corpus = read(folder_.path());
    ASSERT_FALSE(corpus.has_value()) << wrong;
    EXPECT_EQ(corpus.error().code, ErrorCode::corrupt);
    EXPECT_NE(corpus.error().message.find("a.jsonl:2: "), std::string::npos) << corpus.error().message;
    EXPECT_EQ(corpus.error().message.find('\n'), std::string::npos);
  }
}

TEST_F(CorpusTest, SaysWhatIsMissing) {
  EXPECT_EQ(read(folder_.path()).error().code, ErrorCode::not_found);
  EXPECT_EQ(read(folder_ / "nowhere").error().code, ErrorCode::io);
}

std::string said(const std::string& text) {
  return R"({"text":")" + text +
         R"(","goal":"template","category":"retail","intent":"sale flyer","facets":{"format":"flyer"}})" + "\n";
}

TEST_F(CorpusTest, AnUtteranceMeansWhatStandsBesideIt) {
  std::filesystem::create_directory(folder_ / "utterances");
  write("utterances/a.jsonl", said("need a flyer"));
  const auto utterances = read_utterances(folder_.path());
  ASSERT_TRUE(utterances.has_value()) << utterances.error().message;
  const Record& record = utterances->train.empty() ? utterances->held_out.at(0) : utterances->train.at(0);
  EXPECT_EQ(record.intent, "sale flyer");
  EXPECT_EQ(record.utterances.at(0).text, "need a flyer");
  EXPECT_EQ(record.utterances.at(0).goal, "template");
  EXPECT_EQ(record.facets.at(0).value, "flyer");
}

TEST_F(CorpusTest, AFifthOfTheUtterancesIsHeldOutButNoneThatStandInTheCorpusOrAreForTrainingAlone) {
  std::filesystem::create_directory(folder_ / "utterances");
  std::string lines;
  for (int i = 0; i < 500; ++i) lines += said("flyer " + std::to_string(i));
  write("utterances/own.jsonl", lines);
  write("utterances/corpus_1.jsonl", lines);
  write("utterances/train_1.jsonl", lines);
  const auto utterances = read_utterances(folder_.path());
  ASSERT_TRUE(utterances.has_value()) << utterances.error().message;
  EXPECT_EQ(utterances->train.size() + utterances->held_out.size(), 1500U);
  EXPECT_GT(utterances->held_out.size(), 60U);
  EXPECT_LT(utterances->held_out.size(), 140U);
}

TEST_F(CorpusTest, WithoutUtterancesThereAreNone) {
  EXPECT_TRUE(read_utterances(folder_.path())->train.empty());
  std::filesystem::create_directory(folder_ / "utterances");
  write("utterances/a.jsonl", "{\"text\": 1}\n");
  const auto broken = read_utterances(folder_.path());
  ASSERT_FALSE(broken);
  EXPECT_NE(broken.error().message.find("a.jsonl:1: "), std::string::npos) << broken.error().message;
}

}  // namespace
}  // namespace updraft::corpus
