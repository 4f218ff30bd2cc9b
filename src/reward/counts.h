// Numbers of things as words: "three cats", "2 tier cake", "set of six".
#pragma once

#include <span>
#include <string>
#include <vector>

#include "reward/tokens.h"

namespace updraft::reward {

struct Count {
  int n = 0;          // 1..max_count
  std::string thing;  // singular; empty where none is named ("set of three")
};
inline constexpr int max_count = 99;

// What a text counts. Numbers that count nothing to be seen are left out: years, prices, times, sizes, ages, ranks.
[[nodiscard]] std::vector<Count> counts_of(std::span<const Token> tokens);

// All numbers that a text names in any way: "three", "3", "trio", "a pair", "triptych".
[[nodiscard]] std::vector<int> numbers_of(std::span<const Token> tokens);

}  // namespace updraft::reward
