// What makes an utterance hard, told by simple rules over its text.
#pragma once

#include <string_view>
#include <vector>

#include "reward/lexicon.h"

namespace updraft::eval {

// Of these, in their order: "capitals" (more of them than small letters), "emoji", "rambling" (25 words and more),
// "size", "date or price", "negation", "slang", "typo" (a word of four letters and more that does not exist, in
// English), "other language" (as far as can be told), or "plain", where it is none of them. Without a lexicon nothing
// is a typo.
[[nodiscard]] std::vector<std::string_view> kinds_of(std::string_view utterance, const reward::Lexicon* lexicon);

}  // namespace updraft::eval
