// The alphabet of byte-level BPE. Vocabularies spell a byte as one character: those that print stand for themselves,
// the others, in order, take the characters from U+0100 on. A space is U+0120.
#pragma once

#include <array>

namespace updraft::text {

constexpr bool spells_itself(unsigned byte) {
  return (byte >= 0x21 && byte <= 0x7E) || (byte >= 0xA1 && byte <= 0xAC) || byte >= 0xAE;
}

inline constexpr std::size_t shifted_bytes = 68;

inline constexpr auto spelling_of_bytes = [] {
  std::array<char32_t, 256> spelling{};
  char32_t next = 0x100;
  for (unsigned byte = 0; byte < 256; ++byte) spelling[byte] = spells_itself(byte) ? byte : next++;
  return spelling;
}();
static_assert(spelling_of_bytes[' '] == 0x120 && spelling_of_bytes[0xAD] == 0x100 + shifted_bytes - 1);

}  // namespace updraft::text
