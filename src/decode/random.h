// Random numbers that depend on nothing but their seed: the same on every machine, run and thread count.
#pragma once

#include <algorithm>
#include <cstddef>
#include <cstdint>

namespace updraft::decode {

// SplitMix64 (Steele, Lea, Flood 2014).
class Random {
 public:
  explicit Random(std::uint64_t seed) : state_(seed) {}

  // A generator of its own for each thing that draws, so that the order of the draws does not matter.
  [[nodiscard]] static Random of(std::uint64_t seed, std::uint64_t stream, std::uint64_t draw) {
    return Random(mix(mix(seed + step * (stream + 1)) + step * (draw + 1)));
  }

  std::uint64_t next() { return mix(state_ += step); }
  // In [0, 1).
  double uniform() { return static_cast<double>(next() >> 11) * 0x1p-53; }
  // 0 .. n - 1; n is at least 1.
  std::size_t below(std::size_t n) {
    return std::min(n - 1, static_cast<std::size_t>(uniform() * static_cast<double>(n)));
  }

 private:
  static constexpr std::uint64_t step = 0x9e3779b97f4a7c15ULL;
  static constexpr std::uint64_t mix(std::uint64_t z) {
    z = (z ^ (z >> 30)) * 0xbf58476d1ce4e5b9ULL;
    z = (z ^ (z >> 27)) * 0x94d049bb133111ebULL;
    return z ^ (z >> 31);
  }
  std::uint64_t state_;
};

}  // namespace updraft::decode
