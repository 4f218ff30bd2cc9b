#include "intent/own_words.h"

#include <gtest/gtest.h>

namespace updraft::intent {
namespace {

const reward::Lexicon& lexicon() {
  static const reward::Lexicon words =
      reward::Lexicon::parse("driver\nflammable\nfunny\nlight\nmermaid\nsymbol\n").value();
  return words;
}

TEST(OwnWords, AMadeUpWordIsTakenForTheTypedOneThatItIsLike) {
  EXPECT_EQ(in_own_words(lexicon(), "propane flammable symbol", "propane flamming symbol"), "propane flammable symbol");
  EXPECT_EQ(in_own_words(lexicon(), "STUDENT DRIVER magnet", "Student driverer, magnet"), "Student driver, magnet");
  EXPECT_EQ(in_own_words(lexicon(), "shopify coupon", "shopifying coupon"), "shopify coupon");
}

TEST(OwnWords, TwoWordsWithoutASpaceComeApart) {
  EXPECT_EQ(in_own_words(lexicon(), "mermaid doing taxes, funny", "funnymermaid taxes"), "funny mermaid taxes");
  EXPECT_EQ(in_own_words(lexicon(), "rembrandt lighting", "rembrandtlight"), "rembrandt light");
}

TEST(OwnWords, WhatExistsWasTypedOrIsLikeNothingStays) {
  for (const std::string text : {"funny mermaid", "propane asdf", "zorp symbol", "пёс café x", "", "12x12, 'a'"}) {
    EXPECT_EQ(in_own_words(lexicon(), "propane asdf zzz", text), text);
  }
}

}  // namespace
}  // namespace updraft::intent
