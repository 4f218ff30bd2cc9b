// What a record of the corpus may hold, in one place: check-data refuses the rest, and the teacher is asked for no
// other. data/README.md says the same to people. The lengths of prompts are the tasks' own (trained_words).
#pragma once

#include <array>
#include <cstddef>
#include <string_view>

#include "updraft/task.h"

namespace updraft::corpus {

inline constexpr std::array<std::string_view, 25> categories = {
    "art_design",       "beauty_fashion", "business",        "civic",     "community_nonprofit", "education",
    "events",           "family_kids",    "fantasy_scifi",   "finance",   "food_drink",          "games",
    "health_fitness",   "holidays",       "home_realestate", "lifestyle", "music_entertainment", "nature_animals",
    "religion_culture", "retail",         "science",         "sports",    "technology",          "transport",
    "travel_places"};

inline constexpr std::array<std::string_view, 4> goals = {"search", "template", "generate", "recommend"};

// `colors` is a list of strings, the others are strings.
inline constexpr std::array<std::string_view, 7> facets = {"format", "occasion", "subject", "style",
                                                           "mood",   "colors",   "audience"};

struct Count {
  std::size_t min = 1;
  std::size_t max = 1;
};
inline constexpr Count utterances_a_record = {1, 8};
inline constexpr Count prompts_a_task = {2, 8};
inline constexpr std::size_t max_text_bytes = 2048;  // of any one string
inline constexpr std::size_t max_line_bytes = 1 << 20;

}  // namespace updraft::corpus
