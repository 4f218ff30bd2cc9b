// Texts as points of a space in which near means alike: all-MiniLM-L6-v2.
#pragma once

#include <cstddef>
#include <filesystem>
#include <memory>
#include <span>
#include <string_view>
#include <vector>

#include "gguf/file.h"
#include "kernels/kernels.h"
#include "updraft/result.h"

namespace updraft::encode {

class TextEncoder {
 public:
  struct Options {
    int threads = 0;                                 // 0: all cores
    gguf::TensorType type = gguf::TensorType::q8_0;  // of the matrices, when they come from a folder
    const kernels::Kernels* kernels = nullptr;       // nullptr: the best that this machine supports
  };
  // `path` is a GGUF file, such as models/minilm-l6-q8_0.gguf, or a folder that `convert` can read, which takes longer
  // and gives the same. Errors name the file: not_found, io, corrupt, unsupported.
  [[nodiscard]] static Result<TextEncoder> load(const std::filesystem::path& path, const Options& options);
  [[nodiscard]] static Result<TextEncoder> load(const std::filesystem::path& path) { return load(path, Options()); }

  TextEncoder(TextEncoder&&) noexcept;
  TextEncoder& operator=(TextEncoder&&) noexcept;
  ~TextEncoder();

  static constexpr int max_tokens = 256;  // of a longer text, the beginning counts
  [[nodiscard]] int dimension() const;    // 384

  // One point of unit length a text: [texts.size(), dimension]. Any bytes are a text. Not for two threads at a time.
  [[nodiscard]] std::vector<float> encode(std::span<const std::string_view> texts) const;
  [[nodiscard]] std::vector<float> encode(std::string_view text) const { return encode(std::span(&text, 1)); }

  // Whether the vocabulary holds it as one word, as it does the 24,000 or so most frequent ones: a mistyped word is in
  // pieces.
  [[nodiscard]] bool is_word(std::string_view word) const;

 private:
  struct State;
  static Result<TextEncoder> make(std::vector<std::byte> bytes, gguf::File file, const Options& options);
  explicit TextEncoder(std::unique_ptr<State> state);
  std::unique_ptr<State> state_;
};

// Of two points of unit length, -1 to 1.
[[nodiscard]] double cosine(std::span<const float> a, std::span<const float> b);

}  // namespace updraft::encode
