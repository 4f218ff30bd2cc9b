#include "suggest/choice.h"

#include <gtest/gtest.h>

namespace updraft::suggest {
namespace {

std::vector<std::string> chosen(const std::vector<Draft>& drafts, std::size_t n, std::vector<int> quotas) {
  std::vector<std::string> texts;
  for (const Choice& choice : choose("cat poster", Task::query, drafts, n, std::move(quotas), nullptr))
    texts.push_back(drafts[choice.draft].text);
  return texts;
}

TEST(Choice, TheLikeliestComeFirst) {
  EXPECT_EQ(chosen({{"black kitten print", 0, 0.2}, {"tabby wall art", 0, 0.5}, {"siamese drawing", 0, 0.3}}, 2, {2}),
            (std::vector<std::string>{"tabby wall art", "siamese drawing"}));
}

TEST(Choice, WhatSaysTheSameAgainComesAfterWhatDiffers) {
  EXPECT_EQ(
      chosen({{"tabby cat wall art", 0, 0.5}, {"tabby cat wall print", 0, 0.45}, {"siamese drawing", 0, 0.3}}, 3, {3}),
      (std::vector<std::string>{"tabby cat wall art", "siamese drawing", "tabby cat wall print"}));
}

TEST(Choice, AGroupGivesItsQuotaAndMoreWhenOthersHaveNothingNearlyAsGood) {
  std::vector<Draft> drafts = {{"tabby wall art", 0, 0.5}, {"siamese drawing", 0, 0.4}, {"black kitten", 1, 0.35}};
  EXPECT_EQ(chosen(drafts, 2, {1, 1}), (std::vector<std::string>{"tabby wall art", "black kitten"}));
  drafts[2].likelihood = 0.1;
  EXPECT_EQ(chosen(drafts, 2, {1, 1}), (std::vector<std::string>{"tabby wall art", "siamese drawing"}));
}

TEST(Choice, ThereAreNeverMoreThanDrafts) {
  EXPECT_TRUE(chosen({}, 4, {4}).empty());
  EXPECT_EQ(chosen({{"tabby wall art", 0, 0.5}}, 4, {4}).size(), 1U);
}

}  // namespace
}  // namespace updraft::suggest
