// How many mistakes lie between what was typed and what may be meant.
#pragma once

#include <cstddef>
#include <string_view>

namespace updraft::text {

inline constexpr std::size_t longest_compared = 64;  // characters of the shorter text; longer ones are not near

// Insertions, deletions, replacements and swaps of neighbours that lead from one to the other, in characters; more than
// `most`: most + 1.
[[nodiscard]] std::size_t edit_distance(std::u32string_view a, std::u32string_view b, std::size_t most);

}  // namespace updraft::text
