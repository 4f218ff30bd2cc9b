// Words as a reader counts them: runs of text between white space that hold at least one letter or digit.
// "red-and-white" is one word, "A - B" two, "20% off" two, "&" none.
#pragma once

#include <cstddef>
#include <string_view>

namespace updraft::text {

[[nodiscard]] std::size_t count_words(std::string_view text);

}  // namespace updraft::text
