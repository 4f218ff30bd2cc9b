// A weight matrix laid out for streaming: rows are interleaved in groups of as many as a vector register has lanes, so
// that lane r of every register belongs to row r of the group and no sum ever crosses lanes.
//
//   quantised types, per group:  quants  [columns/32, words, group_rows, 4 bytes]   words: 4 for 4-bit types, 8 for
//   q8_0
//                                scales  [columns/32, group_rows] f16
//                                minima  [columns/32, group_rows] f16               q4_1 only
//                                sums    [columns/32, group_rows] f16               q8_0 for centred activations only:
//                                of
//                                                                                   a block's weights
//     Word i of a 4-bit block holds the values 4i..4i+3 in its low nibbles and 16+4i..16+4i+3 in its high ones, as in
//     the file; word i of q8_0 the values 4i..4i+3, each plus Kernels::q8_bias.
//   float types, per group:      values  [columns, group_rows]
//
// Rows that are missing in the last group are zero. Groups start at multiples of a cache line.
#pragma once

#include <cstddef>
#include <cstdint>
#include <span>

#include "gguf/types.h"

namespace updraft::kernels {

struct Kernels;

inline constexpr int block_size = 32;  // values of a quantised block, of weights and of activations

// A view; the memory belongs to whoever packed it.
struct PackedMatrix {
  gguf::TensorType type = gguf::TensorType::f32;
  int rows = 0;
  int columns = 0;  // a multiple of 32
  int group_rows = 1;
  bool centred = false;  // q8_0 only: its activations are (see QuantizedRows)
  std::size_t group_bytes = 0;
  const std::uint8_t* data = nullptr;  // [groups()] of group_bytes, aligned to a cache line

  [[nodiscard]] int groups() const { return (rows + group_rows - 1) / group_rows; }
  [[nodiscard]] std::size_t bytes() const { return static_cast<std::size_t>(groups()) * group_bytes; }
  [[nodiscard]] const std::uint8_t* group(int g) const { return data + static_cast<std::size_t>(g) * group_bytes; }
};

[[nodiscard]] constexpr bool is_quantized(gguf::TensorType type) {
  return type == gguf::TensorType::q4_0 || type == gguf::TensorType::q4_1 || type == gguf::TensorType::q8_0;
}

// The shape of a packed matrix, its data not set yet. `centred` is of no effect but for q8_0.
[[nodiscard]] PackedMatrix packed_layout(const Kernels& kernels, gguf::TensorType type, int rows, int columns,
                                         bool centred = false);

// Fills groups [group_begin, group_end) of a matrix of layout.rows rows, given where each row starts in its GGUF form.
// storage: layout.bytes() bytes, aligned to a cache line, zeroed. Different groups may be packed by different threads.
void pack_groups(const Kernels& kernels, const PackedMatrix& layout, std::span<const std::byte* const> rows,
                 int group_begin, int group_end, std::uint8_t* storage);

}  // namespace updraft::kernels
