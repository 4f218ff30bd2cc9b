#include "intent/stated.h"

#include <gtest/gtest.h>

namespace updraft::intent {
namespace {

Intent kept(std::string_view utterance, std::string text, std::vector<Facet> facets = {}) {
  Intent intent;
  intent.text = std::move(text);
  intent.facets = std::move(facets);
  keep_stated(utterance, intent);
  return intent;
}

std::string facet(const Intent& intent, std::string_view name) {
  for (const Facet& facet : intent.facets) {
    if (facet.name == name) return facet.value;
  }
  return "";
}

TEST(KeepStated, AColourThatTheIntentLeavesOutComesBack) {
  const Intent intent = kept("i need a navy and gold wedding invite asap", "wedding invitation");
  EXPECT_EQ(intent.text, "wedding invitation, navy and gold");
  EXPECT_EQ(facet(intent, "colors"), "navy, gold");
}

TEST(KeepStated, WhatTheIntentSaysIsNotSaidTwice) {
  const Intent intent =
      kept("pic of 3 red balloons with no text plz", "three red balloons, no text", {{"colors", "red"}});
  EXPECT_EQ(intent.text, "three red balloons, no text");
  EXPECT_EQ(facet(intent, "colors"), "red");
  EXPECT_EQ(facet(intent, "count"), "3 balloons");
  EXPECT_EQ(facet(intent, "without"), "text");
}

TEST(KeepStated, ACountThatTheIntentLeavesOutComesBack) {
  EXPECT_EQ(kept("draw me four kittens in a basket", "kittens in a basket").text, "kittens in a basket, 4 kittens");
}

TEST(KeepStated, WhatMustNotBeThereComesBack) {
  const Intent intent = kept("picture of a beach with no people", "beach");
  EXPECT_EQ(intent.text, "beach, no people");
  EXPECT_EQ(facet(intent, "without"), "people");
}

TEST(KeepStated, AnAudienceThatTheIntentLeavesOutComesBack) {
  const Intent intent = kept("flyer for a science fair for kids", "science fair flyer");
  EXPECT_EQ(intent.text, "science fair flyer, for kids");
  EXPECT_EQ(facet(intent, "audience"), "kids");
  EXPECT_EQ(facet(kept("flyer for kids", "flyer", {{"audience", "toddlers"}}), "audience"), "toddlers");
}

TEST(KeepStated, SizesDatesAndPricesAreFacetsAlone) {
  const Intent intent = kept("zumba flyer A5 tues 6pm, 15 eur", "zumba class flyer", {{"audience", "15 eur"}});
  EXPECT_EQ(intent.text, "zumba class flyer");
  EXPECT_EQ(facet(intent, "size"), "A5");
  EXPECT_EQ(facet(intent, "date"), "tues 6pm");
  EXPECT_EQ(facet(intent, "price"), "15 eur");
  EXPECT_EQ(facet(intent, "audience"), "");
}

TEST(KeepStated, AWayToSpeakBansNothing) {
  const Intent intent = kept("this flyer needs neon, no cap, no rush", "neon flyer");
  EXPECT_EQ(intent.text, "neon flyer");
  EXPECT_EQ(facet(intent, "without"), "");
}

TEST(KeepStated, NothingStatedChangesNothing) {
  const Intent intent = kept("make me a flyer for our xmas sale", "christmas sale flyer", {{"format", "flyer"}});
  EXPECT_EQ(intent.text, "christmas sale flyer");
  EXPECT_EQ(intent.facets.size(), 1U);
}

}  // namespace
}  // namespace updraft::intent
