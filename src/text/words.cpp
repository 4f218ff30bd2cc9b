#include "text/words.h"

#include "text/unicode.h"
#include "text/utf8.h"

namespace updraft::text {

std::size_t count_words(std::string_view text) {
  std::size_t words = 0;
  bool counted = false;  // the run of text we are in
  for (std::size_t at = 0; at < text.size();) {
    const CharClass c = char_class(next_codepoint(text, at));
    if (c == CharClass::space) {
      counted = false;
    } else if (!counted && c != CharClass::other) {
      counted = true;
      ++words;
    }
  }
  return words;
}

}  // namespace updraft::text
