// Whom a text is for: kids, teens, adults, seniors, women, men, beginners.
#pragma once

#include <span>
#include <string>
#include <string_view>
#include <vector>

#include "reward/tokens.h"

namespace updraft::reward {

// Groups of people, as places in a table; each has its words.
enum class Group { kids, teens, adults, seniors, women, men, beginners, experts };
[[nodiscard]] std::string_view name(Group group);

// The groups that a text speaks of in any way: "nursery" and "playful" speak of kids.
[[nodiscard]] std::vector<Group> groups_hinted(std::span<const Token> tokens);

// The groups that a text is for: "for toddlers" and, where `possessive`, "men's watch" (of a picture, "a man's arm"
// says nothing like that).
[[nodiscard]] std::vector<Group> groups_addressed(std::span<const Token> tokens, bool possessive);

// What is for the one cannot be for the other.
[[nodiscard]] bool exclude_each_other(Group a, Group b);

}  // namespace updraft::reward
