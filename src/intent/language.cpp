#include "intent/language.h"

#include <cstdio>  // which CLD2's header needs

#include <cld2/public/compact_lang_det.h>
#include <cld2/public/encodings.h>

namespace updraft::intent {

std::string language_of(std::string_view text) {
  // Of a text in the language that it is taken for, by how much likelier its letters are for each kilobyte: about
  // 1,000. Short texts that are not come to 200-270.
  constexpr double least_score = 300;
  constexpr bool plain_text = true;
  const CLD2::CLDHints no_hints{nullptr, nullptr, CLD2::UNKNOWN_ENCODING, CLD2::UNKNOWN_LANGUAGE};
  CLD2::Language languages[3];
  int percent[3];
  double scores[3];
  int n_bytes = 0;
  bool reliable = false;
  CLD2::ExtDetectLanguageSummary(text.data(), static_cast<int>(text.size()), plain_text, &no_hints,
                                 CLD2::kCLDFlagBestEffort, languages, percent, scores, nullptr, &n_bytes, &reliable);
  if (languages[0] == CLD2::UNKNOWN_LANGUAGE || scores[0] < least_score) return "und";
  return CLD2::LanguageCode(languages[0]);
}

}  // namespace updraft::intent
