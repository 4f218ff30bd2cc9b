#include "text/pre_tokenizer.h"

#include "text/utf8.h"

namespace updraft::text {
namespace {

std::size_t length_from(unsigned lead) {
  return lead < 0x80 ? 1 : lead < 0xC0 ? 0 : lead < 0xE0 ? 2 : lead < 0xF0 ? 3 : lead < 0xF8 ? 4 : 0;
}

// Like next_codepoint, but accepts overlong forms and surrogates.
char32_t next_lenient(std::string_view text, std::size_t& at) {
  const auto byte = [&](std::size_t i) { return static_cast<unsigned char>(text[at + i]); };
  const std::size_t length = length_from(byte(0));
  constexpr unsigned char payload[] = {0, 0x7F, 0x1F, 0x0F, 0x07};
  bool readable = length != 0 && length <= text.size() - at;
  char32_t codepoint = byte(0) & payload[length];
  for (std::size_t i = 1; readable && i < length; ++i) {
    readable = (byte(i) & 0xC0) == 0x80;
    codepoint = codepoint << 6 | (byte(i) & 0x3F);
  }
  if (!readable || codepoint > 0x10FFFF) {
    ++at;
    return 0xFFFD;
  }
  at += length;
  return codepoint;
}

}  // namespace

std::string repair_utf8(std::string_view text) {
  std::string out;
  out.reserve(text.size());
  for (std::size_t at = 0; at < text.size();) append_utf8(out, next_lenient(text, at));
  return out;
}

std::string_view PreTokenizer::next() {
  const std::size_t begin = at_;
  if (begin < text_.size()) at_ = end_of_piece();
  return text_.substr(begin, at_ - begin);
}

PreTokenizer::Char PreTokenizer::read(std::size_t at) const {
  if (at >= text_.size()) return {std::nullopt, at};
  const CharClass kind = char_class(next_lenient(text_, at));
  return {kind, at};
}

PreTokenizer::Char PreTokenizer::peek(std::size_t at) const {
  const Char c = read(at);
  return numbers_alone_ && c.kind == CharClass::number ? Char{std::nullopt, at} : c;
}

std::size_t PreTokenizer::end_of_piece() const {
  const Char first = read(at_);
  if (numbers_alone_ && first.kind == CharClass::number) return first.end;
  if (const std::size_t end = end_of_contraction(); end != at_) return end;
  const Char begin = text_[at_] == ' ' ? peek(first.end) : first;
  if (!begin.kind || begin.kind == CharClass::space) return end_of_space(first);
  std::size_t end = begin.end;
  for (Char c = peek(end); c.kind == begin.kind; c = peek(end)) end = c.end;
  return end;
}

std::size_t PreTokenizer::end_of_contraction() const {
  if (text_[at_] == '\'')
    for (const std::string_view ending : {"s", "t", "re", "ve", "m", "ll", "d"})
      if (text_.substr(at_ + 1).starts_with(ending)) return at_ + 1 + ending.size();
  return at_;
}

// White space leaves its last character to what follows, unless that is the only one.
std::size_t PreTokenizer::end_of_space(const Char& first) const {
  std::size_t end = first.end;
  std::size_t last = at_;  // where its last character begins
  Char c = peek(end);
  for (; c.kind == CharClass::space; c = peek(end)) {
    last = end;
    end = c.end;
  }
  return c.kind && last != at_ ? last : end;
}

}  // namespace updraft::text
