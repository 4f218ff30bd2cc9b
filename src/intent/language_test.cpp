#include "intent/language.h"

#include <gtest/gtest.h>

namespace updraft::intent {
namespace {

TEST(LanguageOf, ShortUtterancesAreTold) {
  EXPECT_EQ(language_of("need a flyer for our xmas sale pls"), "en");
  EXPECT_EQ(language_of("affiche de noël pour enfants"), "fr");
  EXPECT_EQ(language_of("einladung zum kindergeburtstag"), "de");
  EXPECT_EQ(language_of("convite de casamento"), "pt");
  EXPECT_EQ(language_of("zaproszenie na ślub"), "pl");
  EXPECT_EQ(language_of("рождественская открытка"), "ru");
  EXPECT_EQ(language_of("フライヤー"), "ja");
  EXPECT_EQ(language_of("크리스마스 카드"), "ko");
}

TEST(LanguageOf, WhatIsInNoLanguageIsUndetermined) {
  for (const std::string_view text : {"", "asdf", "12345", "!!!", "🎄🎄"}) EXPECT_EQ(language_of(text), "und") << text;
}

}  // namespace
}  // namespace updraft::intent
