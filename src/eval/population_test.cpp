#include "eval/population.h"

#include <gtest/gtest.h>

#include <set>

namespace updraft::eval {
namespace {

// A prompt in a style, or in two.
std::string in(std::size_t style) { return "a " + std::string(styles()[style].words.front()) + " thing"; }

TEST(Population, HasATasteForEachCategoryThatTheSeedDecides) {
  const Population people(1), same(1), others(2);
  std::set<std::size_t> liked;
  int changed = 0;
  for (const char* category : {"retail", "travel", "sports", "events", "science", "games", "finance", "civic"}) {
    const Taste taste = people.taste_of(category);
    EXPECT_NE(taste.liked[0], taste.liked[1]);
    EXPECT_NE(taste.liked[0], taste.disliked);
    EXPECT_NE(taste.liked[1], taste.disliked);
    EXPECT_EQ(same.taste_of(category).liked, taste.liked);
    if (others.taste_of(category).liked != taste.liked) ++changed;
    liked.insert(taste.liked.begin(), taste.liked.end());
  }
  EXPECT_GT(liked.size(), 4U);
  EXPECT_GT(changed, 4);
}

TEST(Population, WantsWhatIsInItsStyle) {
  const Population people(3);
  const Taste taste = people.taste_of("retail");
  const double plain = people.appeal("retail", "a thing"), liked = people.appeal("retail", in(taste.liked[0]));
  EXPECT_GT(liked, 3 * plain);
  EXPECT_GT(people.appeal("retail", in(taste.liked[0]) + " and " + in(taste.liked[1])), liked);
  EXPECT_LT(people.appeal("retail", in(taste.disliked)), plain);
  EXPECT_EQ(people.appeal("retail", in(taste.disliked) + " and " + in(taste.liked[1])), liked);
}

TEST(Population, LooksLessFurtherDownAndHasNoUseForWhatIsBesideThePoint) {
  const Population people(3);
  const std::vector<std::string> list(8, in(people.taste_of("retail").liked[0]));
  const auto clicks = [&](double relevance) {
    std::vector<int> all(list.size(), 0);
    for (std::uint64_t person = 0; person < 2000; ++person) {
      const auto reactions = people.react("sale", "retail", list, std::vector<double>(list.size(), relevance), person);
      for (std::size_t k = 0; k < list.size(); ++k) all[k] += reactions[k].clicks ? 1 : 0;
    }
    return all;
  };
  const auto relevant = clicks(1), beside = clicks(0);
  EXPECT_NEAR(relevant[0] / 2000.0, 0.8 * 0.5 + 0.2 * 0.2 + 0.56 * 0.02, 0.03);
  EXPECT_NEAR(static_cast<double>(relevant[7]) / relevant[0], Population::look(7), 0.05);
  EXPECT_NEAR(beside[0] / 2000.0, 0.02, 0.01) << "slips";
}

}  // namespace
}  // namespace updraft::eval
