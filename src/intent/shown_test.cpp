#include "intent/shown.h"

#include <gtest/gtest.h>

#include "files/test_folder.h"
#include "suggest/small_model.h"
#include "text/utf8.h"

namespace updraft {
namespace {

Seen santa() {
  Seen seen;
  seen.tags = {{"santa hat", 0.8}, {"christmas", 0.5}, {"boot", 0.04}};
  seen.kind = "illustration";
  seen.palette = {{"white", 0.5}, {"red", 0.3}, {"brown", 0.1}, {"pink", 0.05}};
  return seen;
}

std::string facet(const Intent& intent, std::string_view name) {
  for (const Facet& one : intent.facets) {
    if (one.name == name) return one.value;
  }
  return "";
}

TEST(Shown, APictureIsToldInTheWordsOfTheCorpus) {
  Seen seen = santa();
  EXPECT_EQ(shown(seen), "illustration of santa hat, christmas");
  EXPECT_EQ(described(seen), "tags: santa hat, christmas; kind: illustration; colors: red, brown");
  seen.written = "Ho; ho\n'ho'";
  EXPECT_NE(described(seen).find("; text: 'Ho  ho  ho '; "), std::string::npos) << described(seen);
  seen.tags[0].score = 0.05;  // not sure of anything: the likeliest is told all the same
  seen.tags[1].score = 0.04;
  EXPECT_EQ(shown(seen), "illustration of santa hat");
  seen.tags.clear();
  seen.palette = {{"white", 0.9}, {"black", 0.1}};
  EXPECT_EQ(shown(seen), "illustration");
  EXPECT_NE(described(seen).find("colors: white, black"), std::string::npos);
}

TEST(Shown, WhatIsTypedStandsBehindThePictureAndAloneWhereItIsLong) {
  EXPECT_EQ(utterance_of(santa(), ""), "illustration of santa hat, christmas");
  EXPECT_EQ(utterance_of(santa(), "but in blue"), "illustration of santa hat, christmas; but in blue");
  EXPECT_EQ(described(santa(), "but in blue"), described(santa()) + "; but in blue");
  const std::string longest(max_utterance_bytes, 'a');
  EXPECT_EQ(utterance_of(santa(), longest), longest);
  EXPECT_EQ(described(santa(), longest), longest);
}

TEST(Shown, AFewWordsThatAreWrittenThereAreUnderstoodToo) {
  Seen seen = santa();
  seen.written = "Holiday sale\n50% off";
  EXPECT_EQ(utterance_of(seen, ""), "illustration of santa hat; Holiday sale 50% off");
  EXPECT_EQ(utterance_of(seen, "but in blue"), "illustration of santa hat; Holiday sale 50% off; but in blue");
  EXPECT_GT(intent::sight_confidence(seen), intent::sight_confidence(santa()));
  seen.kind = "photo";  // of things with letters on them
  EXPECT_EQ(utterance_of(seen, ""), "photo of santa hat, christmas");
  seen.kind = "document";
  seen.written = "one two three four five six seven eight nine";
  EXPECT_EQ(utterance_of(seen, ""), "document of santa hat, christmas");
  seen.written = "Menu";
  seen.tags.clear();
  EXPECT_EQ(utterance_of(seen, ""), "document; Menu");
}

TEST(Shown, ASearchGoesByTheTagsThatSpeakForThePicture) {
  Seen seen;
  seen.kind = "photo";
  EXPECT_EQ(search_text(seen), "photo");
  seen.tags = {{"cat", 0.1}, {"dog", 0.05}};
  EXPECT_EQ(search_text(seen), "cat");
  seen.tags = {{"cat", 0.8}, {"dog", 0.5}, {"tree", 0.2}};
  EXPECT_EQ(search_text(seen), "cat dog");
}

TEST(Shown, MuchThatIsWrittenIsCutBetweenCharacters) {
  Seen seen = santa();
  for (const std::string before : {"", "a", "ab"}) {
    seen.written = before;
    for (int i = 0; i < 100; ++i) seen.written += "€";
    EXPECT_TRUE(text::is_valid_utf8(described(seen)));
    EXPECT_LT(described(seen).size(), 250U);
  }
}

TEST(Shown, ConfidenceComesFromTheScores) {
  EXPECT_NEAR(intent::sight_confidence(santa()), 1 - 0.2 * 0.5, 1e-9);
  EXPECT_EQ(intent::sight_confidence(Seen()), 0);
}

TEST(Shown, WithoutADetectorThePictureIsTheIntent) {
  const Intent intent = intent_of(santa(), "", nullptr).value();
  EXPECT_EQ(intent.text, described(santa()));
  EXPECT_EQ(facet(intent, "colors"), "red, brown");
  EXPECT_EQ(facet(intent, "format"), "illustration");
  EXPECT_EQ(facet(intent, "subject"), "santa hat");
  EXPECT_GT(intent.confidence, 0.5);
}

TEST(Shown, WhatWasUnderstoodIsOnlyAsSureAsWhatWasSeen) {
  Intent detected;
  detected.text = "christmas hat icon";
  detected.facets = {{"format", "icon"}};
  detected.confidence = 0.8;
  const Intent sure = with_seen(detected, santa(), "an icon");
  EXPECT_EQ(sure.text, "christmas hat icon");
  EXPECT_NEAR(sure.confidence, 0.8 * intent::sight_confidence(santa()), 1e-9);
  EXPECT_EQ(facet(sure, "format"), "icon");
  EXPECT_EQ(facet(sure, "subject"), "santa hat");
  Seen hardly = santa();
  hardly.tags = {{"boot", 0.1}};
  EXPECT_EQ(with_seen(detected, hardly, "an icon").text, described(hardly, "an icon"));
}

// Random weights: what the words state survives whatever the model makes of them.
TEST(Shown, WhatIsTypedGoesBeforeWhatIsSeen) {
  const files::test::Folder folder;
  const auto path = folder / "model.gguf";
  ASSERT_TRUE(gguf::write(
      path, suggest::test::small_model(suggest::test::Controls::named, 1, suggest::test::Vocabulary::shipped)));
  const IntentDetector detector = IntentDetector::load(path, 1).value();
  const Intent with_words = intent_of(santa(), "like this but in blue, no people, for kids", &detector).value();
  EXPECT_NE(facet(with_words, "colors").find("blue"), std::string::npos);
  EXPECT_EQ(facet(with_words, "colors").find("brown"), std::string::npos);
  EXPECT_EQ(facet(with_words, "without"), "people");
  EXPECT_FALSE(facet(with_words, "audience").empty());
  EXPECT_FALSE(with_words.goals.empty());
  const Intent alone = intent_of(santa(), "", &detector).value();
  EXPECT_NE(facet(alone, "colors"), "");
  EXPECT_LE(alone.confidence, intent::sight_confidence(santa()));

  for (const std::string& wrong : {std::string(max_utterance_bytes + 1, 'a'), std::string("caf\xe9")}) {
    EXPECT_EQ(intent_of(santa(), wrong, &detector).error().code, ErrorCode::invalid_argument);
  }
  // So long that there is no room for the picture beside it: it is understood or refused as by itself.
  const std::string longest(max_utterance_bytes, 'a');
  EXPECT_EQ(intent_of(santa(), longest, &detector).has_value(), detector.detect(longest).has_value());
}

}  // namespace
}  // namespace updraft
