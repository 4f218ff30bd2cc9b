// --image as a user types it: the program in front of a detector and a suggester that make their answers up, with a
// small random image encoder.
#include "cli/seen.h"

#include <gtest/gtest.h>

#include <algorithm>
#include <nlohmann/json.hpp>
#include <sstream>

#include "cli/run.h"
#include "encode/small_efficient_net.h"
#include "files/test_folder.h"

namespace updraft::cli {
namespace {

namespace small = encode::test;
using Words = std::vector<std::string>;

class ImageOption : public testing::Test {
 protected:
  ImageOption() {
    const auto net = small::as_contents(small::small_efficient_net(), 50, gguf::TensorType::q8_0).value();
    EXPECT_TRUE(gguf::write(folder_ / "encoder.gguf", small::with_hidden(net)));
    folder_.write("red.svg", R"(<svg xmlns="http://www.w3.org/2000/svg" width="60" height="40">)"
                             R"(<rect width="60" height="40" fill="#d01818"/></svg>)");
  }
  [[nodiscard]] Finished updraft(const std::string& command, const Words& more, const std::string& image = "red.svg",
                                 const Setting& setting = {}) const {
    Words words = {UPDRAFT_FAKE, command,     "--image", folder_ / image, "--image-encoder", folder_ / "encoder.gguf",
                   "--no-ocr",   "--threads", "1"};
    words.insert(words.end(), more.begin(), more.end());
    return run(words, setting);
  }
  static std::vector<nlohmann::json> lines_of(const std::string& text) {
    std::vector<nlohmann::json> lines;
    std::istringstream stream(text);
    for (std::string line; std::getline(stream, line);) lines.push_back(nlohmann::json::parse(line));
    return lines;
  }

  files::test::Folder folder_;
};

TEST_F(ImageOption, TellsWhatIsSeenAndWhatIsWanted) {
  const Finished text = updraft("intent", {});
  ASSERT_EQ(text.exit_code, 0) << text.err;
  EXPECT_NE(text.out.find("SVG: class "), std::string::npos) << text.out;
  EXPECT_NE(text.out.find("red 100 %"), std::string::npos) << text.out;
  const Finished json = updraft("intent", {"--json", "like this but in blue"});
  ASSERT_EQ(json.exit_code, 0) << json.err;
  const auto lines = lines_of(json.out);
  ASSERT_EQ(lines.size(), 1U);
  EXPECT_EQ(lines[0].at("utterance"), "like this but in blue");
  EXPECT_EQ(lines[0].at("seen").at("format"), "SVG");
  EXPECT_EQ(lines[0].at("seen").at("palette").at("red"), 1);
  EXPECT_EQ(lines[0].at("seen").at("written"), "");
  EXPECT_NE(lines[0].at("intent").get<std::string>().find("; like this but in blue"), std::string::npos);
}

TEST_F(ImageOption, SuggestsForAPictureAloneAndWithEachLineOfStdin) {
  const Finished alone = updraft("suggest", {"--task", "query", "-n", "1"});
  ASSERT_EQ(alone.exit_code, 0) << alone.err;
  EXPECT_TRUE(alone.out.starts_with("seen: ")) << alone.out;
  const Finished lines = updraft("suggest", {"-", "--json"}, "red.svg", {.stdin_text = "in blue\nfor kids\n"});
  ASSERT_EQ(lines.exit_code, 0) << lines.err;
  const auto answers = lines_of(lines.out);
  ASSERT_EQ(answers.size(), 8U);
  for (const auto& answer : answers) EXPECT_TRUE(answer.contains("seen"));
  EXPECT_NE(answers[0].at("typed").get<std::string>().find("; in blue"), std::string::npos);
  EXPECT_NE(answers[4].at("typed").get<std::string>().find("; for kids"), std::string::npos);
}

TEST_F(ImageOption, SearchesAndRecommendsByWhatIsSeen) {
  std::string lines;
  for (int i = 0; i < 10; ++i) {
    const std::string n = std::to_string(i);
    lines += nlohmann::json{{"id", n}, {"title", "class " + n}}.dump() + "\n";
  }
  const std::string catalogue = folder_ / "c";
  const Finished indexed = run({UPDRAFT_FAKE, "index", folder_.write("assets.jsonl", lines), "--catalogue", catalogue,
                                "--encoder", "none", "--quiet"});
  ASSERT_EQ(indexed.exit_code, 0) << indexed.err;
  const Words look_up = {"--catalogue", catalogue, "--encoder", "none"};
  for (const std::string command : {"search", "recommend"}) {
    const Finished text = updraft(command, look_up);
    ASSERT_EQ(text.exit_code, 0) << text.err;
    EXPECT_TRUE(text.out.starts_with("seen: ")) << text.out;
    Words options = look_up;
    options.insert(options.end(), {"--json", "class 3"});
    const Finished json = updraft(command, options);
    ASSERT_EQ(json.exit_code, 0) << json.err;
    const auto answers = lines_of(json.out);
    ASSERT_EQ(answers.size(), 1U);
    EXPECT_TRUE(json.out.starts_with(R"({"seen":{)")) << json.out;
    EXPECT_EQ(answers[0].at("seen").at("written"), "");
    EXPECT_EQ(answers[0].at("text"), "class 3");
    const auto& found = answers[0].at(command == "search" ? "hits" : "recommendations");
    ASSERT_FALSE(found.empty());
    EXPECT_EQ(found[0].at("id"), "3");
  }
}

TEST_F(ImageOption, AHostileOrMissingPictureIsOneClearLine) {
  folder_.write("bomb.png", "\x89PNG\r\n\x1a\n");
  folder_.write("empty.jpg", "");
  folder_.write("script.svg", R"(<svg xmlns="http://www.w3.org/2000/svg"><script>alert(1)</script></svg>)");
  for (const std::string image : {"bomb.png", "empty.jpg", "script.svg", "missing.png"}) {
    for (const std::string command : {"intent", "suggest"}) {
      const Finished result = updraft(command, {}, image);
      EXPECT_EQ(result.exit_code, 2) << image;
      EXPECT_EQ(result.out, "");
      EXPECT_EQ(std::count(result.err.begin(), result.err.end(), '\n'), 1) << result.err;
      EXPECT_NE(result.err.find(image), std::string::npos) << result.err;
    }
  }
}

TEST_F(ImageOption, WithoutAPictureWordsAreStillNeeded) {
  const Finished result = run({UPDRAFT_FAKE, "intent"});
  EXPECT_EQ(result.exit_code, 2);
  EXPECT_NE(result.err.find("the utterance is empty; say what is wanted"), std::string::npos) << result.err;
}

TEST(Seen, IsToldInOneLineThatSteersNoTerminal) {
  Seen seen;
  seen.kind = "icon";
  seen.written = "a\nb\033[31m";
  EXPECT_EQ(told(seen).find('\033'), std::string::npos);
  EXPECT_EQ(told(seen).find('\n'), std::string::npos);
  EXPECT_EQ(seen_line(std::nullopt, {}), "");
  EXPECT_EQ(seen_line(seen, {}), "seen: " + told(seen) + '\n');
}

}  // namespace
}  // namespace updraft::cli
