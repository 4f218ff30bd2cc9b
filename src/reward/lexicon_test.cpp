#include "reward/lexicon.h"

#include <gtest/gtest.h>

#include <fstream>

#include "files/test_folder.h"

namespace updraft::reward {
namespace {

TEST(Lexicon, ContainsEachOfItsWordsAndNoOther) {
  const std::vector<std::string> words = {"a", "apple", "apples", "b", "bee", "zebra"};
  for (std::size_t n = 0; n <= words.size(); ++n) {
    std::string lines;
    for (std::size_t i = 0; i < n; ++i) lines += words[i] + '\n';
    const auto lexicon = Lexicon::parse(lines);
    ASSERT_TRUE(lexicon) << lexicon.error().message;
    for (std::size_t i = 0; i < words.size(); ++i) EXPECT_EQ(lexicon->contains(words[i]), i < n) << words[i];
    for (const char* other : {"", "app", "applesauce", "beeb", "zz", "\n"}) EXPECT_FALSE(lexicon->contains(other));
  }
}

TEST(Lexicon, CoversAPromptWhoseWordsItOrTheIntentHas) {
  const Lexicon lexicon = Lexicon::parse("card\nglass\nred\nrose\n").value();
  EXPECT_TRUE(lexicon.covers("Red glass-rose card, 20% 'rose' x", "party"));
  EXPECT_FALSE(lexicon.covers("Red glasss card", "party"));
  EXPECT_FALSE(lexicon.covers("RedRose card", "party"));
  EXPECT_TRUE(lexicon.covers("Kopjoe card", "a card for Kopjoe"));
  EXPECT_TRUE(lexicon.covers("Éclair café card", "party"));
  EXPECT_TRUE(lexicon.covers("", ""));
}

TEST(Lexicon, RefusesWhatIsNoListOfWords) {
  for (const char* lines : {"b\na\n", "a\na\n", "a\n\nb\n", "a", "a\nB\n", "a b\n", "a\r\n", "\xC3\xA9\n"}) {
    EXPECT_FALSE(Lexicon::parse(lines)) << lines;
  }
  EXPECT_FALSE(Lexicon::parse(std::string(Lexicon::max_bytes + 1, 'a')));
}

TEST(Lexicon, LiesBesideTheEncoder) {
  const files::test::Folder folder;
  const std::filesystem::path encoder = folder.path() / "encoder.gguf";
  const auto none = Lexicon::beside(encoder);
  ASSERT_TRUE(none);
  EXPECT_FALSE(none->has_value());
  std::ofstream(folder.path() / "words.txt") << "rose\n";
  EXPECT_TRUE(Lexicon::beside(encoder).value().value().contains("rose"));
  std::ofstream(folder.path() / "words.txt") << "rose";
  const auto cut = Lexicon::beside(encoder);
  ASSERT_FALSE(cut);
  EXPECT_NE(cut.error().message.find("words.txt: the last word"), std::string::npos) << cut.error().message;
}

}  // namespace
}  // namespace updraft::reward
