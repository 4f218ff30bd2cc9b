#pragma once

#include <cstdint>
#include <string>
#include <string_view>

namespace updraft::text {

[[nodiscard]] bool is_valid_utf8(std::string_view bytes);

// Decodes the character at bytes[at] and moves `at` past it. Invalid bytes yield U+FFFD and move by one.
[[nodiscard]] char32_t next_codepoint(std::string_view bytes, std::size_t& at);

// Up to 0x10FFFF; surrogates are written as they are.
void append_utf8(std::string& out, char32_t codepoint);

// Bytes that do not tell their encoding: UTF-8 where they are that, else taken for Latin-1.
[[nodiscard]] std::string utf8_or_latin1(std::string_view bytes);

}  // namespace updraft::text
