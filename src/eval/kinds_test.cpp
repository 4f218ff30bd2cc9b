#include "eval/kinds.h"

#include <gtest/gtest.h>

namespace updraft::eval {
namespace {

using Kinds = std::vector<std::string_view>;

TEST(Kinds, AreToldByTheText) {
  const auto lexicon = reward::Lexicon::parse("birthday\nflyer\nneed\nposter\nwith\n").value();
  const auto kinds = [&](std::string_view text) { return kinds_of(text, &lexicon); };
  EXPECT_EQ(kinds("birthday poster"), Kinds{"plain"});
  EXPECT_EQ(kinds("BIRTHDAY POSTER"), Kinds{"capitals"});
  EXPECT_EQ(kinds("birthday 🎂"), Kinds{"emoji"});
  EXPECT_EQ(kinds("birthday poster A4"), Kinds{"size"});
  EXPECT_EQ(kinds("birthday poster may 3"), (Kinds{"date or price"}));
  EXPECT_EQ(kinds("birthday poster $5"), (Kinds{"date or price"}));
  EXPECT_EQ(kinds("poster with no birthday"), Kinds{"negation"});
  EXPECT_EQ(kinds("need flyer pls"), Kinds{"slang"});
  EXPECT_EQ(kinds("brithday flyer"), Kinds{"typo"});
  EXPECT_EQ(kinds_of("brithday flyer", nullptr), Kinds{"plain"});
  EXPECT_EQ(kinds("ich brauche bitte ein Plakat für den Geburtstag meiner Tochter"), Kinds{"other language"});
  std::string rambling = "need";
  for (int i = 0; i < 25; ++i) rambling += " birthday";
  EXPECT_EQ(kinds(rambling), Kinds{"rambling"});
  EXPECT_EQ(kinds("NEED FLYER PLS $5"), (Kinds{"capitals", "date or price", "slang"}));
}

}  // namespace
}  // namespace updraft::eval
