// updraft eval as a process, with small random models and a corpus of a few intents.
#include <gtest/gtest.h>

#include <algorithm>
#include <nlohmann/json.hpp>

#include "cli/run.h"
#include "encode/small_bert.h"
#include "files/test_folder.h"
#include "gguf/writer.h"
#include "http/fake_server.h"
#include "suggest/small_model.h"

namespace updraft::cli {
namespace {

using Words = std::vector<std::string>;

class EvalCommand : public testing::Test {
 protected:
  EvalCommand() {
    EXPECT_TRUE(gguf::write(folder_ / "model.gguf", suggest::test::small_model(suggest::test::Controls::named)));
    folder_.write("vocab.txt", "[UNK]\n[CLS]\n[SEP]\nsale\nred\nsign\n");
    folder_.write("model.safetensors", encode::test::as_safetensors(encode::test::small_bert(6)));
    std::string lines;
    // The split depends on the text alone: two of these are held out.
    for (const std::string intent : {"vintage car illustration", "summer clearance sale", "board game night"}) {
      const nlohmann::json prompts = {"red sale", "sign"};
      lines += nlohmann::json{{"intent", intent}, {"category", "retail"}, {"raw", nlohmann::json::array()},
                              {"query", prompts}, {"related", prompts},   {"template", prompts},
                              {"image", prompts}}
                   .dump() +
               "\n";
    }
    folder_.write("corpus.jsonl", lines);
  }

  [[nodiscard]] Finished evaluate(const Words& options) const {
    Words command = {UPDRAFT_EVAL_PROGRAM,   "eval",     "--threads",    "1",      "-n",          "2", "--model",
                     folder_ / "model.gguf", "--minilm", folder_.path(), "--data", folder_.path()};
    command.insert(command.end(), options.begin(), options.end());
    return run(command);
  }
  void expect_refused(const Words& options, const std::string& message) const {
    const Finished result = evaluate(options);
    EXPECT_EQ(result.exit_code, 2) << result.err;
    EXPECT_EQ(result.out, "");
    EXPECT_EQ(std::count(result.err.begin(), result.err.end(), '\n'), 1) << result.err;
    EXPECT_NE(result.err.find(message), std::string::npos) << result.err;
  }

  files::test::Folder folder_;
};

TEST_F(EvalCommand, PutsSystemsSideBySide) {
  const Finished result = evaluate({"--before", "last week=" + (folder_ / "model.gguf").string()});
  ASSERT_EQ(result.exit_code, 0) << result.err;
  EXPECT_TRUE(result.out.starts_with("2 held-out intents, 2 texts a task, seed 0\n")) << result.out;
  for (const std::string word :
       {"| teacher ", "| updraft ", "| last week ", "| updraft without choice ", "| updraft without command ",
        "relevance", "self-BLEU", "within 1", "tokens/s", "Spearman"}) {
    EXPECT_NE(result.out.find(word), std::string::npos) << word;
  }
  EXPECT_NE(result.err.find("last week: 2 of 2 intents"), std::string::npos) << result.err;
}

TEST_F(EvalCommand, WritesTheSameJsonToStdoutAndToAFile) {
  folder_.write("eval.json", "old");
  const Finished result = evaluate({"--json", "--intents", "1", "--seed", "3", "--out", folder_ / "eval.json"});
  ASSERT_EQ(result.exit_code, 0) << result.err;
  EXPECT_EQ(folder_.read("eval.json"), result.out);
  const auto json = nlohmann::json::parse(result.out);
  EXPECT_EQ(json.at("intents"), 1);
  EXPECT_EQ(json.at("seed"), 3);
  EXPECT_GT(json.at("systems").at("updraft").at("tasks").at("template").at("perplexity"), 1);
  for (const std::string picture : {"returns", "words", "systems"}) {
    EXPECT_TRUE(folder_.read("eval-" + picture + ".svg").starts_with("<svg")) << picture;
  }
}

TEST_F(EvalCommand, KeepsWhatWasWritten) {
  const std::string texts = folder_ / "texts";
  ASSERT_EQ(evaluate({"--intents", "1", "--texts", texts}).exit_code, 0);
  const Finished again = evaluate({"--intents", "2", "--texts", texts});  // these are made anew
  ASSERT_EQ(again.exit_code, 0) << again.err;
  for (const std::string name : {"teacher", "updraft", "updraft without choice", "updraft without command"}) {
    const std::string lines = folder_.read("texts/" + name + ".jsonl");
    EXPECT_EQ(std::count(lines.begin(), lines.end(), '\n'), 3) << lines;  // settings and two intents
  }
}

TEST_F(EvalCommand, AsksChatModelsOnceOnly) {
  using http::test::FakeServer;
  const FakeServer server([](int, const std::string&) {
    return FakeServer::Reply{FakeServer::http(
        200, R"({"choices": [{"message": {"content": "1. red sale\n2. sign"}}], "usage": {"completion_tokens": 9}})")};
  });
  const Words options = {"--chat",       "parrot=" + server.url(), "--texts",  folder_ / "t",
                         "--sample-out", folder_ / "sample.md",    "--sample", "1"};
  const Finished first = evaluate(options);
  ASSERT_EQ(first.exit_code, 0) << first.err;
  EXPECT_NE(first.out.find("| parrot "), std::string::npos) << first.out;
  EXPECT_EQ(server.requests(), 8);  // two intents of four tasks
  const std::string sample = folder_.read("sample.md");
  EXPECT_NE(sample.find("| parrot | "), std::string::npos) << sample;
  const Finished again = evaluate(options);
  ASSERT_EQ(again.exit_code, 0) << again.err;
  EXPECT_EQ(server.requests(), 8);
  EXPECT_EQ(folder_.read("sample.md"), sample);
  Words other = options;
  other.insert(other.end(), {"-n", "3"});
  expect_refused(other, "other settings");
}

TEST_F(EvalCommand, RefusesWhatCannotBeBeforeItWorks) {
  expect_refused({"--intents", "0"}, "--intents must be a whole number");
  expect_refused({"-n", "65"}, "-n must be a whole number from 1 to 64");
  expect_refused({"--minilm", folder_ / "nowhere"}, "--minilm");
  expect_refused({"--model", folder_ / "nowhere"}, "nowhere");
  expect_refused({"--before", "../x=" + (folder_ / "model.gguf").string()}, "--before must be like NAME=VALUE");
  expect_refused({"--chat", "http://127.0.0.1:1"}, "--chat must be like NAME=VALUE");
  expect_refused({"--chat", "a=ftp://127.0.0.1"}, "--chat a: the URL must be like");
  expect_refused({"--sample", "0"}, "--sample must be a whole number");
  expect_refused({"--before", "teacher=" + (folder_ / "model.gguf").string()}, "two systems are called 'teacher'");
  std::filesystem::remove(folder_ / "corpus.jsonl");
  expect_refused({}, "no *.jsonl files");
}

TEST_F(EvalCommand, FindsOutEarlyThatItCannotWrite) {
  const Finished result = evaluate({"--out", folder_ / "nowhere/eval.json"});
  EXPECT_NE(result.exit_code, 0);
  EXPECT_EQ(result.err.find("of 2 intents"), std::string::npos) << result.err;
}

}  // namespace
}  // namespace updraft::cli
