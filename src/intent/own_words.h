// Words that the model made up, for those of the person who typed.
#pragma once

#include <string>
#include <string_view>

#include "reward/lexicon.h"

namespace updraft::intent {

// `text` with each word that neither exists nor was typed taken for what was: "funnymermaid" for "funny mermaid",
// "flamming" for "flammable". A word that is like none of those that were typed stays. ASCII words alone are judged.
[[nodiscard]] std::string in_own_words(const reward::Lexicon& lexicon, std::string_view utterance, std::string text);

}  // namespace updraft::intent
