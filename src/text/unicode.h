// The few properties of characters that splitting text into words and tokens asks for.
#pragma once

namespace updraft::text {

enum class CharClass { space, letter, number, other };  // Unicode's White_Space, \p{L}, \p{N}, and the rest

// Any value is allowed; what is no character is `other`.
[[nodiscard]] CharClass char_class(char32_t codepoint);

}  // namespace updraft::text
