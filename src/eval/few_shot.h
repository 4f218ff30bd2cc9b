// Asking a chat model for prompts by examples, and reading the lists that it answers with.
#pragma once

#include <cstddef>
#include <cstdint>
#include <span>
#include <string>
#include <string_view>
#include <vector>

#include "corpus/corpus.h"
#include "teacher/chat.h"
#include "updraft/task.h"

namespace updraft::eval {

// A seeded choice of `n` records to show as examples. It hardly changes when records are added.
[[nodiscard]] std::vector<corpus::Record> choose_examples(std::span<const corpus::Record> records, std::size_t n,
                                                          std::uint64_t seed);

// A system message, question and answer for each example, and the question: as many texts as there are word counts.
[[nodiscard]] std::vector<teacher::Message> few_shot(std::span<const corpus::Record> examples, std::string_view intent,
                                                     Task task, std::span<const int> words);

// The texts of a list, at most `most`, without numbers, bullets, quotation marks, bold type, remarks such as "(4
// words)" and full stops. Where lines are numbered or have bullets, others are passed over, else those that end in a
// colon; a JSON array of strings is read as well. A last text that was cut off is left out.
[[nodiscard]] std::vector<std::string> read_list(std::string_view answer, std::size_t most, bool cut);

}  // namespace updraft::eval
