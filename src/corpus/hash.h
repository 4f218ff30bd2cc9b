#pragma once

#include <cstdint>
#include <string_view>

namespace updraft::corpus {

// FNV-1a: the same on every machine, unlike std::hash. `before` is the hash of what stands in front.
[[nodiscard]] constexpr std::uint64_t hash(std::string_view text, std::uint64_t before = 14695981039346656037ULL) {
  for (const char c : text) before = (before ^ static_cast<unsigned char>(c)) * 1099511628211ULL;
  return before;
}

}  // namespace updraft::corpus
