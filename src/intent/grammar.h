// The form of an understanding (understanding.h) while it is being written.
#pragma once

#include <cstddef>
#include <string_view>

namespace updraft::intent {

// Of the canonical intent, or of a facet's value. The corpus' longest intent has 79 bytes, its longest word 19.
inline constexpr std::size_t max_part_bytes = 96, max_word_bytes = 24;

enum class Standing {
  outside,  // nothing that follows can make it an understanding, or it goes round in circles
  begun,    // something must follow
  whole,    // an understanding, which may be carried on
};

[[nodiscard]] Standing standing(std::string_view text);

}  // namespace updraft::intent
