#include "reward/audiences.h"

#include <algorithm>
#include <array>
#include <utility>

namespace updraft::reward {
namespace {

struct Words {
  std::string_view name;
  std::string_view people;  // singular
  std::string_view hints;
};
constexpr auto words_of_groups = std::to_array<Words>({
    {"kids", "kid child toddler preschooler kindergartener schoolchild youngster baby infant kindergartner",
     "kindergarten preschool pupil boy girl son daughter nursery school family playful junior daycare "
     "classroom elementary grade teen parent young little"},
    {"teens", "teen teenager adolescent", "youth young school student tween middle boy girl junior"},
    {"adults", "adult grownup", "grown mature woman man senior beginner elder"},
    {"seniors", "senior elderly retiree pensioner grandparent",
     "older elder old grandma grandpa grandmother grandfather retirement adult care 60 65 silver age gentle"},
    {"women", "woman lady", "female girl mom mother she her feminine bride unisex family"},
    {"men", "man gentleman", "male boy dad father he his guy masculine groom unisex family"},
    {"beginners", "beginner newbie novice starter newcomer",
     "easy first simple basic learn intro introductory start beginning step new"},
    {"experts", "expert professional pro advanced", "experienced"},
});

}  // namespace

std::string_view name(Group group) { return words_of_groups[static_cast<std::size_t>(group)].name; }

std::vector<Group> groups_hinted(std::span<const Token> tokens) {
  std::vector<Group> groups;
  for (std::size_t i = 0; i < words_of_groups.size(); ++i) {
    for (const Token& token : tokens) {
      const std::string& stem = token.stem;
      if (contains(words_of_groups[i].people, stem) || contains(words_of_groups[i].hints, stem)) {
        groups.push_back(static_cast<Group>(i));
        break;
      }
    }
  }
  return groups;
}

std::vector<Group> groups_addressed(std::span<const Token> tokens, bool possessive) {
  std::vector<Group> groups;
  for (std::size_t i = 0; i < words_of_groups.size(); ++i) {
    for (std::size_t at = 0; at < tokens.size(); ++at) {
      const Token& token = tokens[at];
      if (!contains(words_of_groups[i].people, token.stem)) continue;
      bool after_for = false;
      for (std::size_t back = 1; back <= 2 && back <= at && !tokens[at - back + 1].starts_clause; ++back) {
        if (is_negator(tokens[at - back].word)) break;
        after_for = after_for || tokens[at - back].word == "for";
      }
      if (after_for || (token.possessive && possessive)) {
        groups.push_back(static_cast<Group>(i));
        break;
      }
    }
  }
  return groups;
}

bool exclude_each_other(Group a, Group b) {
  using enum Group;
  constexpr auto pairs = std::to_array<std::pair<Group, Group>>(
      {{kids, adults}, {kids, seniors}, {teens, seniors}, {women, men}, {beginners, experts}, {adults, teens}});
  return std::any_of(pairs.begin(), pairs.end(),
                     [&](const auto& pair) { return pair == std::pair(a, b) || pair == std::pair(b, a); });
}

}  // namespace updraft::reward
