// What makes a drawn text fit to be shown.
#pragma once

#include <string>
#include <string_view>
#include <vector>

namespace updraft::text {

// Ends as a whole phrase: not empty, no dangling "with", "and", "the", comma or open bracket.
[[nodiscard]] bool is_whole(std::string_view text);

// Says the same again: a word right after itself, or three words in a row that stood there before.
[[nodiscard]] bool loops(std::string_view text);

// The text's words, lower case without punctuation, sorted: texts with the same key are alike to a reader.
[[nodiscard]] std::string alike_key(std::string_view text);

}  // namespace updraft::text
