#pragma once

#include <cstdint>
#include <string_view>

namespace updraft::text {

[[nodiscard]] bool is_valid_utf8(std::string_view bytes);

// Decodes the character at bytes[at] and moves `at` past it. Invalid bytes yield U+FFFD and move by one.
[[nodiscard]] char32_t next_codepoint(std::string_view bytes, std::size_t& at);

}  // namespace updraft::text
