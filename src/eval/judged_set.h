// What is asked of a catalogue, and what would be right, taken from its own tags and titles.
#pragma once

#include <cstdint>
#include <set>
#include <span>
#include <string>
#include <string_view>
#include <vector>

#include "updraft/catalogue.h"

namespace updraft::eval {

struct JudgedIntent {
  std::string text;
  std::set<std::string> relevant;  // ids
};

struct JudgedSet {
  // Tags, in folds: the words of one fold are left out of all texts that are indexed while its intents are asked.
  std::vector<std::vector<JudgedIntent>> vague;
  // Titles, as they stand in the index.
  std::vector<JudgedIntent> exact;
};

struct JudgedSetRules {
  std::size_t folds = 6;
  std::size_t min_assets = 10, max_assets = 250;  // that have the tag of a vague intent
  std::size_t max_same_title = 3;                 // assets that have the title of an exact intent
  std::size_t max_exact = 100;                    // drawn by a hash
};

// Vague intents are tags of one word of three or more letters whose assets lie in two or more folders (the beginning of
// the id) and that `intents` use three or more times: no marks of collections, and what people do ask for. Exact ones
// are titles of two to five words, letters only. The same for the same assets, whatever their order.
[[nodiscard]] JudgedSet judge(std::span<const Asset> assets, std::span<const std::string> intents,
                              const JudgedSetRules& rules = {});

// English words, in lower case, that differ by a plural's ending at most.
[[nodiscard]] bool same_word(std::string_view a, std::string_view b);

// The asset without these words in its title, tags and description. What has no words left is called "untitled".
[[nodiscard]] Asset without(const Asset& asset, std::span<const JudgedIntent> words);

}  // namespace updraft::eval
