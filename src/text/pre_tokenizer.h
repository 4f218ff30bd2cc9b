// Splits text into the pieces that BPE works on: no token reaches from one piece into the next.
#pragma once

#include <cstddef>
#include <optional>
#include <string>
#include <string_view>

#include "text/unicode.h"

namespace updraft::text {

// Text as llama.cpp reads it: overlong forms are written anew, surrogates stay, each byte that cannot be read becomes
// U+FFFD. Valid UTF-8 stays as it is.
[[nodiscard]] std::string repair_utf8(std::string_view text);

// The regular expression of GPT-2, by hand:
//   's|'t|'re|'ve|'m|'ll|'d| ?\p{L}+| ?\p{N}+| ?[^\s\p{L}\p{N}]+|\s+(?!\S)|\s+
// With `numbers_alone` ("smollm"), every number character is a piece of its own first; the expression then sees what
// lies between, as if the text ended before each number.
class PreTokenizer {
 public:
  // The text must be what repair_utf8 returns, and outlive this.
  PreTokenizer(std::string_view text, bool numbers_alone) : text_(text), numbers_alone_(numbers_alone) {}

  // The next piece; empty at the end of the text. Together, the pieces are the text.
  [[nodiscard]] std::string_view next();

 private:
  struct Char {
    std::optional<CharClass> kind;  // nullopt: the end of what the expression sees
    std::size_t end = 0;            // where the next character begins
  };
  [[nodiscard]] Char read(std::size_t at) const;
  [[nodiscard]] Char peek(std::size_t at) const;  // as read, but ends before a number that stands alone
  [[nodiscard]] std::size_t end_of_piece() const;
  [[nodiscard]] std::size_t end_of_contraction() const;
  [[nodiscard]] std::size_t end_of_space(const Char& first) const;

  std::string_view text_;
  std::size_t at_ = 0;
  bool numbers_alone_;
};

}  // namespace updraft::text
