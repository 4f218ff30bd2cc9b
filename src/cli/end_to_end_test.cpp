// The real program with real files: a small random model, so that all of it runs wherever tests run, and the model that
// comes with updraft where it is there.
#include <gtest/gtest.h>

#include <algorithm>
#include <cstdlib>
#include <filesystem>
#include <fstream>
#include <nlohmann/json.hpp>
#include <set>
#include <sstream>

#include "cli/run.h"
#include "files/test_folder.h"
#include "gguf/writer.h"
#include "suggest/small_model.h"
#include "text/words.h"

namespace updraft::cli {
namespace {

namespace fs = std::filesystem;
using Words = std::vector<std::string>;

std::vector<nlohmann::json> json_lines(const std::string& text) {
  std::vector<nlohmann::json> lines;
  std::istringstream stream(text);
  for (std::string line; std::getline(stream, line);) lines.push_back(nlohmann::json::parse(line));
  return lines;
}

// A folder that is gone with the test, with a small random model in it.
class EndToEnd : public testing::Test {
 protected:
  void SetUp() override { write_model(); }
  void write_model() const {
    const auto written = gguf::write(model(), suggest::test::small_model(suggest::test::Controls::named));
    ASSERT_TRUE(written) << written.error().message;
  }

  [[nodiscard]] fs::path model() const { return folder_ / "model.gguf"; }

  [[nodiscard]] Finished suggest(const Words& options, const Setting& setting = {}) const {
    Words command = {UPDRAFT_PROGRAM, "suggest", "--model", model(), "--encoder", "none", "--threads", "1"};
    command.insert(command.end(), options.begin(), options.end());
    return run(command, setting);
  }

  files::test::Folder folder_;
};

TEST_F(EndToEnd, SuggestsForEveryTaskWithinTheAskedWords) {
  const Finished result = suggest({"holiday sale", "--words", "3-6", "-n", "5", "--json"});
  ASSERT_EQ(result.exit_code, 0) << result.err;
  const auto lines = json_lines(result.out);
  ASSERT_EQ(lines.size(), 4U);
  std::size_t found = 0;
  for (const auto& line : lines) {
    std::set<std::string> texts;
    for (const auto& s : line.at("suggestions")) {
      const auto text = s.at("text").get<std::string>();
      EXPECT_EQ(s.at("words"), text::count_words(text)) << text;
      EXPECT_GE(s.at("words"), 3) << text;
      EXPECT_LE(s.at("words"), 6) << text;
      EXPECT_GE(s.at("score"), 0);
      EXPECT_LE(s.at("score"), 1);
      EXPECT_EQ(s.at("task"), line.at("task"));
      EXPECT_TRUE(texts.insert(text).second) << "twice: " << text;
    }
    found += texts.size();
    EXPECT_GT(line.at("timings").at("decoded_tokens"), 0);
    EXPECT_GT(line.at("timings").at("peak_rss_mb"), 1);
  }
  EXPECT_GT(found, 0U);
}

// Texts and scores, without timings.
nlohmann::json suggestions(const Finished& result) {
  nlohmann::json all;
  for (const auto& line : json_lines(result.out)) all.push_back(line.at("suggestions"));
  return all;
}

TEST_F(EndToEnd, RepeatsItselfForASeedOnAnyNumberOfThreads) {
  const auto first = suggestions(suggest({"holiday sale", "--json", "--seed", "5"}));
  EXPECT_EQ(suggestions(suggest({"holiday sale", "--json", "--seed", "5"})), first);
  EXPECT_EQ(suggestions(suggest({"holiday sale", "--json", "--seed", "5", "--threads", "2"})), first);
  EXPECT_NE(suggestions(suggest({"holiday sale", "--json", "--seed", "6"})), first);
}

TEST_F(EndToEnd, AnswersALineAsItAnswersAnArgument) {
  const Finished lines = suggest({"-", "--json"}, {.stdin_text = "holiday sale\nanother one\n"});
  const Finished argument = suggest({"another one", "--json"});
  const auto all = suggestions(lines);
  ASSERT_EQ(all.size(), 8U);
  EXPECT_EQ(nlohmann::json(std::vector<nlohmann::json>(all.begin() + 4, all.end())), suggestions(argument));
}

TEST_F(EndToEnd, RefusesEveryTruncationOfAModelInOneLine) {
  const auto size = fs::file_size(model());
  for (const std::uintmax_t part : {0U, 1U, 10U, 50U, 90U, 99U}) {
    fs::resize_file(model(), size * part / 100);
    const Finished result = suggest({"x"});
    EXPECT_EQ(result.exit_code, 2) << part;
    EXPECT_EQ(std::count(result.err.begin(), result.err.end(), '\n'), 1) << result.err;
    EXPECT_NE(result.err.find(model().string()), std::string::npos) << result.err;
    write_model();
  }
}

TEST_F(EndToEnd, RefusesAModelThatUpdraftDidNotTrain) {
  ASSERT_TRUE(gguf::write(model(), suggest::test::small_model(suggest::test::Controls::absent)));
  const Finished result = suggest({"x"});
  EXPECT_EQ(result.exit_code, 2);
  EXPECT_EQ(std::count(result.err.begin(), result.err.end(), '\n'), 1) << result.err;
  EXPECT_NE(result.err.find("no control tokens"), std::string::npos) << result.err;
}

TEST_F(EndToEnd, SuggestsWithAModelThatItConverted) {
  for (const std::string type : {"f16", "q8_0", "q4_0"}) {
    const std::string converted = folder_ / (type + ".gguf");
    const Finished conversion = run({UPDRAFT_PROGRAM, "convert", model(), converted, "--type", type});
    ASSERT_EQ(conversion.exit_code, 0) << conversion.err;
    EXPECT_LT(fs::file_size(converted), fs::file_size(model()));
    const Finished result = run({UPDRAFT_PROGRAM, "suggest", "x", "--json", "--threads", "1", "--model", converted});
    EXPECT_EQ(result.exit_code, 0) << result.err;
    EXPECT_EQ(json_lines(result.out).size(), 4U);
  }
}

TEST_F(EndToEnd, SuggestsWithAModelThatHasFewerLayers) {
  const std::string shallow = folder_ / "shallow.gguf";
  const Finished conversion =
      run({UPDRAFT_PROGRAM, "convert", model(), shallow, "--type", "f16", "--without-layers", "0"});
  ASSERT_EQ(conversion.exit_code, 0) << conversion.err;
  const Finished result = run({UPDRAFT_PROGRAM, "suggest", "x", "--json", "--threads", "1", "--model", shallow});
  EXPECT_EQ(result.exit_code, 0) << result.err;
  EXPECT_EQ(json_lines(result.out).size(), 4U);
  const Finished refused =
      run({UPDRAFT_PROGRAM, "convert", model(), shallow, "--type", "f16", "--without-layers", "2"});
  EXPECT_EQ(refused.exit_code, 2);
  EXPECT_NE(refused.err.find("no layer 2"), std::string::npos) << refused.err;
}

TEST_F(EndToEnd, ConvertNeverOverwritesItsInput) {
  const auto size = fs::file_size(model());
  const Finished result = run({UPDRAFT_PROGRAM, "convert", model(), model(), "--type", "q8_0"});
  EXPECT_EQ(result.exit_code, 2);
  EXPECT_EQ(fs::file_size(model()), size);
}

// What `suggest` prints with the model that comes with updraft.
class ShippedModel : public testing::Test {
 protected:
  void SetUp() override {
    if (!fs::exists(UPDRAFT_SOURCE_DIR "/models/updraft-135m-q4_0.gguf")) GTEST_SKIP() << "no model in the tree";
  }
  [[nodiscard]] static std::vector<nlohmann::json> suggest(const Words& options) {
    Words command = {UPDRAFT_PROGRAM, "suggest", "--json"};
    command.insert(command.end(), options.begin(), options.end());
    const Finished result =
        run(command, {.environment = {"UPDRAFT_MODEL=" UPDRAFT_SOURCE_DIR "/models/updraft-135m-q4_0.gguf"}});
    EXPECT_EQ(result.exit_code, 0) << result.err;
    return json_lines(result.out);
  }
  [[nodiscard]] static std::set<std::string> texts(const nlohmann::json& line) {
    std::set<std::string> all;
    for (const auto& suggestion : line.at("suggestions")) all.insert(suggestion.at("text"));
    return all;
  }
};

TEST_F(ShippedModel, SuggestsAllThatIsAskedFor) {
  const auto lines = suggest({"holiday sale"});
  ASSERT_EQ(lines.size(), 4U);
  for (const auto& line : lines) EXPECT_EQ(texts(line).size(), 8U) << line.at("task");
}

TEST_F(ShippedModel, NeverSaysTheSameTwiceEvenWithoutChance) {
  const auto lines = suggest({"holiday sale", "--task", "template", "-n", "8", "--temperature", "0"});
  ASSERT_EQ(lines.size(), 1U);
  EXPECT_GT(texts(lines[0]).size(), 1U);
  EXPECT_EQ(texts(lines[0]).size(), lines[0].at("suggestions").size());
}

}  // namespace
}  // namespace updraft::cli
