#include "eval/judged_set.h"

#include <gtest/gtest.h>

namespace updraft::eval {
namespace {

std::vector<Asset> assets() {
  std::vector<Asset> all;
  for (const std::string folder : {"animals/", "logos/"}) {
    for (int i = 0; i < 3; ++i) {
      all.push_back({.id = folder + std::to_string(i), .title = "cat " + std::to_string(i), .tags = {"Cat", "mark"}});
    }
  }
  for (int i = 0; i < 3; ++i) all.push_back({.id = "plants/" + std::to_string(i), .title = "x", .tags = {"tree"}});
  all.push_back({.id = "food/pie", .title = "Apple Pie", .tags = {"rare"}});
  all.push_back({.id = "food/pie2", .title = "apple pie", .tags = {}});
  return all;
}
const std::vector<std::string> intents = {"a cat", "cat and tree", "cat, cat", "tree", "tree house", "rare", "cat"};

TEST(JudgedSet, AsksForTagsThatPeopleAskForAndForTitles) {
  const JudgedSet set = judge(assets(), intents, {.folds = 4, .min_assets = 3});
  ASSERT_EQ(set.vague.size(), 1U);
  ASSERT_EQ(set.vague[0].size(), 1U) << "marks are in no intents, trees in one folder only";
  EXPECT_EQ(set.vague[0][0].text, "cat");
  EXPECT_EQ(set.vague[0][0].relevant.size(), 6U);
  ASSERT_EQ(set.exact.size(), 1U);
  EXPECT_EQ(set.exact[0].text, "apple pie");
  EXPECT_EQ(set.exact[0].relevant, (std::set<std::string>{"food/pie", "food/pie2"}));
  EXPECT_TRUE(judge(assets(), intents, {.min_assets = 7}).vague.empty());
  EXPECT_TRUE(judge(assets(), intents, {.max_same_title = 1}).exact.empty());
}

TEST(JudgedSet, KnowsWordsThatDifferByAPluralsEnding) {
  EXPECT_TRUE(same_word("cat", "cats"));
  EXPECT_TRUE(same_word("boxes", "box"));
  EXPECT_TRUE(same_word("parties", "party"));
  EXPECT_FALSE(same_word("cat", "catalogue"));
  EXPECT_FALSE(same_word("glass", "glas"));
  EXPECT_FALSE(same_word("", ""));
}

TEST(JudgedSet, LeavesTestedWordsOut) {
  const std::vector<JudgedIntent> words = {{"cat", {}}, {"party", {}}};
  const Asset asset{.id = "cats/1",
                    .title = "Cats at a party!",
                    .description = "a catalogue: CAT",
                    .tags = {"cat", "party hat", "pet"}};
  const Asset out = without(asset, words);
  EXPECT_EQ(out.id, "cats/1");
  EXPECT_EQ(out.title, " at a !");
  EXPECT_EQ(out.description, "a catalogue: ");
  EXPECT_EQ(out.tags, (std::vector<std::string>{" hat", "pet"}));
  EXPECT_EQ(without({.id = "1", .title = "cat"}, words).title, "untitled");
  EXPECT_EQ(without({.id = "1", .title = "cat", .tags = {"pet"}}, words).title, "");
}

}  // namespace
}  // namespace updraft::eval
