#include "text/base64.h"

#include <array>

namespace updraft::text {
namespace {

constexpr std::string_view digits = "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789+/";

constexpr auto values = [] {
  std::array<signed char, 256> table{};
  table.fill(-1);
  for (std::size_t i = 0; i < digits.size(); ++i) {
    table[static_cast<unsigned char>(digits[i])] = static_cast<signed char>(i);
  }
  return table;
}();

}  // namespace

std::string to_base64(std::string_view bytes) {
  std::string out;
  out.reserve((bytes.size() + 2) / 3 * 4);
  for (std::size_t i = 0; i < bytes.size(); i += 3) {
    const auto byte = [&](std::size_t at) -> unsigned {
      return at < bytes.size() ? static_cast<unsigned char>(bytes[at]) : 0U;
    };
    const unsigned group = byte(i) << 16U | byte(i + 1) << 8U | byte(i + 2);
    for (std::size_t d = 0; d < 4; ++d) {
      out += i + d > bytes.size() ? '=' : digits[group >> (18 - 6 * d) & 63U];
    }
  }
  return out;
}

std::optional<std::string> from_base64(std::string_view text) {
  if (text.size() % 4 != 0) return std::nullopt;
  std::string out;
  out.reserve(text.size() / 4 * 3);
  const std::size_t padding = text.ends_with("==") ? 2 : text.ends_with('=') ? 1 : 0;
  for (std::size_t i = 0; i < text.size(); i += 4) {
    unsigned group = 0;
    for (std::size_t d = 0; d < 4; ++d) {
      const bool padded = i + d >= text.size() - padding;
      const int value = padded ? 0 : values[static_cast<unsigned char>(text[i + d])];
      if (value < 0) return std::nullopt;
      group = group << 6U | static_cast<unsigned>(value);
    }
    for (const unsigned shift : {16U, 8U, 0U}) out += static_cast<char>(group >> shift & 255U);
  }
  for (std::size_t i = 0; i < padding; ++i) {
    if (out.back() != '\0') return std::nullopt;  // bits that say nothing must be zero
    out.pop_back();
  }
  return out;
}

}  // namespace updraft::text
