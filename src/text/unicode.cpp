#include "text/unicode.h"

#include <utf8proc.h>

#include <array>

namespace updraft::text {
namespace {

bool is_space(char32_t c) {
  return (c >= 0x09 && c <= 0x0D) || c == 0x20 || c == 0x85 || c == 0xA0 || c == 0x1680 ||
         (c >= 0x2000 && c <= 0x200A) || c == 0x2028 || c == 0x2029 || c == 0x202F || c == 0x205F || c == 0x3000;
}

// CJK extension I, which came after the Unicode version of Debian 12's utf8proc.
bool is_newer_letter(char32_t c) { return c >= 0x2EBF0 && c <= 0x2EE5D; }

constexpr std::array<CharClass, 128> ascii = [] {
  std::array<CharClass, 128> table{};
  for (std::size_t c = 0; c < table.size(); ++c) {
    const bool letter = (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z');
    const bool space = c == ' ' || (c >= '\t' && c <= '\r');
    table[c] = letter                 ? CharClass::letter
               : c >= '0' && c <= '9' ? CharClass::number
               : space                ? CharClass::space
                                      : CharClass::other;
  }
  return table;
}();

}  // namespace

CharClass char_class(char32_t c) {
  if (c < ascii.size()) return ascii[c];
  if (c > 0x10FFFF) return CharClass::other;
  if (is_space(c)) return CharClass::space;
  if (is_newer_letter(c)) return CharClass::letter;
  switch (utf8proc_category(static_cast<utf8proc_int32_t>(c))) {
    case UTF8PROC_CATEGORY_LU:
    case UTF8PROC_CATEGORY_LL:
    case UTF8PROC_CATEGORY_LT:
    case UTF8PROC_CATEGORY_LM:
    case UTF8PROC_CATEGORY_LO:
      return CharClass::letter;
    case UTF8PROC_CATEGORY_ND:
    case UTF8PROC_CATEGORY_NL:
    case UTF8PROC_CATEGORY_NO:
      return CharClass::number;
    default:
      return CharClass::other;
  }
}

}  // namespace updraft::text
