#include "text/utf8.h"

namespace updraft::text {
namespace {

constexpr char32_t replacement = 0xFFFD;

// 0: no character begins with this byte.
std::size_t length_from(unsigned char lead) {
  if (lead < 0x80) return 1;
  if (lead < 0xC2) return 0;  // a continuation, or the beginning of an overlong form
  if (lead < 0xE0) return 2;
  if (lead < 0xF0) return 3;
  if (lead < 0xF5) return 4;
  return 0;
}

// Length of the character at bytes[at], 0 when there is no valid one; its value goes to `codepoint`.
std::size_t decode(std::string_view bytes, std::size_t at, char32_t& codepoint) {
  const auto byte = [&](std::size_t i) { return static_cast<unsigned char>(bytes[at + i]); };
  const std::size_t length = length_from(byte(0));
  if (length == 0 || length > bytes.size() - at) return 0;
  constexpr unsigned char payload[] = {0, 0x7F, 0x1F, 0x0F, 0x07};
  constexpr char32_t smallest[] = {0, 0, 0x80, 0x800, 0x10000};
  codepoint = byte(0) & payload[length];
  for (std::size_t i = 1; i < length; ++i) {
    if ((byte(i) & 0xC0) != 0x80) return 0;
    codepoint = codepoint << 6 | (byte(i) & 0x3F);
  }
  const bool surrogate = codepoint >= 0xD800 && codepoint <= 0xDFFF;
  return codepoint < smallest[length] || codepoint > 0x10FFFF || surrogate ? 0 : length;
}

}  // namespace

bool is_valid_utf8(std::string_view bytes) {
  char32_t codepoint = 0;
  for (std::size_t at = 0; at < bytes.size();) {
    const std::size_t length = decode(bytes, at, codepoint);
    if (length == 0) return false;
    at += length;
  }
  return true;
}

char32_t next_codepoint(std::string_view bytes, std::size_t& at) {
  char32_t codepoint = 0;
  const std::size_t length = decode(bytes, at, codepoint);
  if (length == 0) {
    ++at;
    return replacement;
  }
  at += length;
  return codepoint;
}

void append_utf8(std::string& out, char32_t c) {
  const auto put = [&out](char32_t byte) { out += static_cast<char>(byte); };
  if (c < 0x80) return put(c);
  if (c < 0x800) {
    put(0xC0 | c >> 6);
  } else {
    if (c < 0x10000) {
      put(0xE0 | c >> 12);
    } else {
      put(0xF0 | c >> 18);
      put(0x80 | (c >> 12 & 0x3F));
    }
    put(0x80 | (c >> 6 & 0x3F));
  }
  put(0x80 | (c & 0x3F));
}

std::string utf8_or_latin1(std::string_view bytes) {
  if (is_valid_utf8(bytes)) return std::string(bytes);
  std::string out;
  for (const char c : bytes) append_utf8(out, static_cast<unsigned char>(c));
  return out;
}

}  // namespace updraft::text
