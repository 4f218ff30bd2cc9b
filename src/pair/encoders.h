// The two encoders of a pair (pair.json, pair/description.h): a text and a picture as points of one space.
#pragma once

#include <cstdint>
#include <memory>
#include <span>
#include <string_view>
#include <vector>

#include "encode/resize.h"
#include "updraft/pair.h"
#include "updraft/result.h"

namespace updraft::pair {

inline constexpr int max_dimension = 4096;

// Points are of unit length. Their dimension is a multiple of 32, as the indexes want it: behind what the network
// gives, there are zeros.

class TextEncoder {
 public:
  // Errors name the file: not_found, io, corrupt, unsupported (ONNX Runtime is missing, too), invalid_argument
  // (pair.json). threads: 0: all cores.
  [[nodiscard]] static Result<TextEncoder> open(const PairFiles& files, int threads);

  TextEncoder(TextEncoder&&) noexcept;
  TextEncoder& operator=(TextEncoder&&) noexcept;
  ~TextEncoder();

  [[nodiscard]] int dimension() const;
  [[nodiscard]] std::uint64_t fingerprint() const;  // of the whole pair (pair/description.h)
  [[nodiscard]] double least_cosine() const;

  // [texts.size(), dimension]. Any bytes are a text; of a long one, the beginning counts. From several threads at a
  // time. Errors: corrupt (the network cannot be run, or gives no direction).
  [[nodiscard]] Result<std::vector<float>> encode(std::span<const std::string_view> texts) const;

  // Whether the vocabulary holds it as one word.
  [[nodiscard]] bool is_word(std::string_view word) const;

 private:
  struct State;
  explicit TextEncoder(std::unique_ptr<State> state);
  std::unique_ptr<State> state_;
};

class ImageEncoder {
 public:
  // As a TextEncoder.
  [[nodiscard]] static Result<ImageEncoder> open(const PairFiles& files, int threads);

  ImageEncoder(ImageEncoder&&) noexcept;
  ImageEncoder& operator=(ImageEncoder&&) noexcept;
  ~ImageEncoder();

  [[nodiscard]] int dimension() const;
  [[nodiscard]] std::uint64_t fingerprint() const;
  [[nodiscard]] int side() const;  // pixels of the square that a picture becomes

  // [dimension]. Not for two threads at a time. Errors: invalid_argument (no pixels, or not as many bytes as they
  // need), corrupt.
  [[nodiscard]] Result<std::vector<float>> encode(const encode::Pixels& pixels) const;

 private:
  struct State;
  explicit ImageEncoder(std::unique_ptr<State> state);
  std::unique_ptr<State> state_;
};

}  // namespace updraft::pair
