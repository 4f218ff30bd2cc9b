#pragma once

#include <random>

namespace updraft::learn {

// True for `share` (0..1) of all calls.
[[nodiscard]] inline bool chance(std::mt19937_64& random, double share) {
  return static_cast<double>(random() >> 11) * 0x1p-53 < share;
}

}  // namespace updraft::learn
