// The language that something was typed in.
#pragma once

#include <string>
#include <string_view>

namespace updraft::intent {

// A language's code (BCP 47: "en", "pt", "zh-Hant"), the one that most of the text is in; "und" where that cannot be
// told. For valid UTF-8.
[[nodiscard]] std::string language_of(std::string_view text);

}  // namespace updraft::intent
