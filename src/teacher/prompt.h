// What the teacher is told.
#pragma once

#include <cstddef>
#include <span>
#include <string>
#include <string_view>

#include "corpus/check.h"
#include "updraft/task.h"

namespace updraft::teacher {

// How many the teacher is asked for; the corpus keeps a record with fewer (corpus/rules.h).
inline constexpr std::size_t asked_utterances = 2;
[[nodiscard]] std::size_t asked_prompts(Task task);

// The rules for good records, with an example: the system message, unless the user brings another.
[[nodiscard]] std::string record_rules();
// The example alone, one JSON object that keeps all rules.
[[nodiscard]] std::string_view example_record();

// `category` may be empty: the teacher chooses.
[[nodiscard]] std::string ask_for_record(std::string_view intent, std::string_view category);
// After an answer with these findings.
[[nodiscard]] std::string ask_for_repair(std::span<const corpus::Finding> findings);

// New intents of a category, as {"intents": [...]}; none of `known`.
[[nodiscard]] std::string intent_rules();
[[nodiscard]] std::string ask_for_intents(std::size_t count, std::string_view category,
                                          std::span<const std::string> known);

}  // namespace updraft::teacher
