// Tensor types of the GGUF format and their plain (slow, obvious) conversions to and from float.
// Block layouts: ggml's specification (docs/gguf.md in ggml); quantised types hold 32 values a block.
#pragma once

#include <cstddef>
#include <cstdint>
#include <span>
#include <string_view>
#include <vector>

#include "updraft/result.h"

namespace updraft::gguf {

// The numbers are those of the file format.
enum class TensorType : std::uint32_t { f32 = 0, f16 = 1, q4_0 = 2, q4_1 = 3, q8_0 = 8, bf16 = 30 };

struct TypeTraits {
  std::string_view name;    // "q4_0", as used in file names and by the CLI
  std::size_t block_size;   // values a block; 1 for the float types
  std::size_t block_bytes;  // bytes a block
};

// nullopt-like: name is empty when `type` is not one we read.
[[nodiscard]] TypeTraits traits(TensorType type);
[[nodiscard]] Result<TensorType> type_from_name(std::string_view name);

// Bytes of one row of `n` values; n must be a multiple of the block size.
[[nodiscard]] std::size_t row_bytes(TensorType type, std::size_t n);

// in.size() == row_bytes(type, out.size())
void dequantize(TensorType type, std::span<const std::byte> in, std::span<float> out);
// out.size() == row_bytes(type, in.size()). Rounds like ggml's reference quantisers.
void quantize(TensorType type, std::span<const float> in, std::span<std::byte> out);

[[nodiscard]] float f16_to_f32(std::uint16_t h);
[[nodiscard]] std::uint16_t f32_to_f16(float f);
[[nodiscard]] float bf16_to_f32(std::uint16_t h);
[[nodiscard]] std::uint16_t f32_to_bf16(float f);

}  // namespace updraft::gguf
