#include "intent/grammar.h"

#include <gtest/gtest.h>

#include <random>
#include <string>

#include "intent/understanding.h"

namespace updraft::intent {
namespace {

const std::string flyer = "template retail holiday sale flyer; format flyer; colors red, green; audience shoppers";

TEST(Grammar, EveryBeginningOfAnUnderstandingIsInside) {
  for (std::size_t n = 0; n <= flyer.size(); ++n) {
    const std::string_view begun = std::string_view(flyer).substr(0, n);
    EXPECT_NE(standing(begun), Standing::outside) << begun;
  }
}

TEST(Grammar, TellsWhatMayEnd) {
  for (const std::string_view whole : {"search nature owl", "template retail sale; format flyer"}) {
    EXPECT_EQ(standing(whole), Standing::whole) << whole;
  }
  for (const std::string_view begun : {"", "sea", "search ", "search nature ", "search nature owl ",
                                       "search nature owl;", "search nature owl; sub", "search nature owl; subject "}) {
    EXPECT_EQ(standing(begun), Standing::begun) << begun;
  }
  for (const std::string_view outside :
       {"buy", "search nowhere ", "search nature  owl", "search nature owl;x", "search nature ;", "search nature owl\n",
        "search nature owl; size", "search nature owl; colors red; format", "search nature owl; format a; format"}) {
    EXPECT_EQ(standing(outside), Standing::outside) << outside;
  }
}

TEST(Grammar, WhatGoesInCirclesIsOutside) {
  for (const std::string_view circle :
       {"search nature owl owl owl ", "search nature owl and owl and ", "search nature lolokokokokokokokokokokok",
        "search nature owl; subject tree tree tree "}) {
    EXPECT_EQ(standing(circle), Standing::outside) << circle;
  }
  for (const std::string_view fine : {"search nature pom pom garland", "search nature bora bora; subject bora bora",
                                      "search nature knock knock jokes by knock"}) {
    EXPECT_EQ(standing(fine), Standing::whole) << fine;
  }
  std::string longest = "search nature";
  for (int i = 0; i < 40; ++i) longest += " owl" + std::to_string(i);
  EXPECT_EQ(standing(longest), Standing::outside);
}

TEST(Grammar, WhatIsWholeParsesAndWhatIsOutsideStaysThere) {
  std::mt19937 random(1);
  const std::string letters = "abcdefghijklmnopqrstuvwxyz ;,0\n";
  int n_whole = 0;
  for (int i = 0; i < 20000; ++i) {
    std::string text = flyer.substr(0, random() % (flyer.size() + 1));
    for (auto edits = random() % 3; edits > 0 && !text.empty(); --edits) {
      text[random() % text.size()] = letters[random() % letters.size()];
    }
    const Standing now = standing(text);
    const bool parses = parse(text).has_value();
    if (now == Standing::whole) {
      ++n_whole;
      EXPECT_TRUE(parses) << text;
      EXPECT_EQ(to_text(*parse(text)), text);
    } else if (now == Standing::outside) {
      EXPECT_EQ(standing(text + letters[random() % letters.size()]), Standing::outside) << text;
    }
  }
  EXPECT_GT(n_whole, 1000);
}

}  // namespace
}  // namespace updraft::intent
