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

TEST(Seen, StandsInFrontOfEachLine) {
  Seen seen;
  seen.kind = "icon";
  seen.written = "a\nb\033[31m";
  EXPECT_EQ(with_seen(std::nullopt, "{\"a\":1}\n"), "{\"a\":1}\n");
  const std::string lines = with_seen(seen, "{\"a\":1}\n{\"b\":2}\n");
  std::istringstream stream(lines);
  std::string line;
  for (const std::string name : {"a", "b"}) {
    ASSERT_TRUE(std::getline(stream, line));
    const auto json = nlohmann::json::parse(line);
    EXPECT_EQ(json.at("seen").at("kind"), "icon");
    EXPECT_TRUE(json.contains(name));
  }
  EXPECT_FALSE(std::getline(stream, line));
  EXPECT_EQ(told(seen).find('\033'), std::string::npos);
  EXPECT_EQ(told(seen).find('\n'), std::string::npos);
}

TEST(Seen, ASearchGoesByTheTagsThatSpeakForThePicture) {
  Seen seen;
  seen.kind = "photo";
  EXPECT_EQ(search_text(seen), "photo");
  seen.tags = {{"cat", 0.1}, {"dog", 0.05}};
  EXPECT_EQ(search_text(seen), "cat");
  seen.tags = {{"cat", 0.8}, {"dog", 0.5}, {"tree", 0.2}};
  EXPECT_EQ(search_text(seen), "cat dog");
}

}  // namespace
}  // namespace updraft::cli
