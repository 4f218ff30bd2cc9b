// Texts as points of a space in which near means alike: all-MiniLM-L6-v2.
#pragma once

#include <filesystem>
#include <memory>
#include <span>
#include <string_view>
#include <vector>

#include "gguf/types.h"
#include "kernels/kernels.h"
#include "updraft/result.h"

namespace updraft::encode {

class TextEncoder {
 public:
  struct Options {
    int threads = 0;                                // 0: all cores
    gguf::TensorType type = gguf::TensorType::f16;  // of the matrices in memory; q8_0 is faster
    const kernels::Kernels* kernels = nullptr;      // nullptr: the best that this machine supports
  };
  // `folder` holds model.safetensors and vocab.txt, as tools/fetch minilm leaves them. Errors name the file: not_found,
  // io, corrupt, unsupported.
  [[nodiscard]] static Result<TextEncoder> load(const std::filesystem::path& folder, const Options& options);
  [[nodiscard]] static Result<TextEncoder> load(const std::filesystem::path& folder) { return load(folder, Options()); }

  TextEncoder(TextEncoder&&) noexcept;
  TextEncoder& operator=(TextEncoder&&) noexcept;
  ~TextEncoder();

  static constexpr int max_tokens = 256;  // of a longer text, the beginning counts
  [[nodiscard]] int dimension() const;    // 384

  // One point of unit length a text: [texts.size(), dimension]. Any bytes are a text. Not for two threads at a time.
  [[nodiscard]] std::vector<float> encode(std::span<const std::string_view> texts) const;
  [[nodiscard]] std::vector<float> encode(std::string_view text) const { return encode(std::span(&text, 1)); }

 private:
  struct State;
  explicit TextEncoder(std::unique_ptr<State> state);
  std::unique_ptr<State> state_;
};

// Of two points of unit length, -1 to 1.
[[nodiscard]] double cosine(std::span<const float> a, std::span<const float> b);

}  // namespace updraft::encode
