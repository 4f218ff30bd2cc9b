#include "kernels/packed_matrix.h"

#include <algorithm>
#include <array>
#include <cstring>

#include "kernels/buffer.h"
#include "kernels/kernels.h"

namespace updraft::kernels {

using gguf::TensorType;

namespace {

// Bytes of a block's quants, and where they start behind the scale (and minimum) in the file.
struct BlockLayout {
  std::size_t quant_bytes, quant_offset;
  bool has_minimum;
  [[nodiscard]] constexpr std::size_t bytes() const { return quant_offset + quant_bytes; }
};

constexpr BlockLayout block_layout(TensorType type) {
  if (type == TensorType::q4_0) return {16, 2, false};
  if (type == TensorType::q4_1) return {16, 4, true};
  return {32, 2, false};
}

// Rows are read once, mostly in the order of the file, where no cache holds them yet.
constexpr std::size_t fetch_ahead = 2048;

// The sum of a q8_0 block's weights.
std::uint16_t block_sum(const std::byte* block) {
  std::uint16_t scale = 0;
  std::memcpy(&scale, block, 2);
  int sum = 0;
  for (std::size_t i = 0; i < block_size; ++i) sum += static_cast<std::int8_t>(block[2 + i]);
  return gguf::f32_to_f16(gguf::f16_to_f32(scale) * static_cast<float>(sum));
}

template <TensorType type>
void pack_quantized_row(const std::byte* row, const PackedMatrix& matrix, std::size_t lane, std::uint32_t bias,
                        std::uint8_t* group) {
  constexpr BlockLayout layout = block_layout(type);
  constexpr std::size_t words = layout.quant_bytes / 4;
  const auto group_rows = static_cast<std::size_t>(matrix.group_rows);
  const auto n = static_cast<std::size_t>(matrix.columns / block_size);
  std::uint8_t* quants = group + lane * 4;
  std::uint8_t* scales = group + n * layout.quant_bytes * group_rows + lane * 2;
  std::uint8_t* minima = scales + n * 2 * group_rows;
  for (std::size_t b = 0; b < n; ++b, quants += layout.quant_bytes * group_rows) {
    const std::byte* block = row + b * layout.bytes();
    __builtin_prefetch(block + fetch_ahead);
    std::array<std::uint32_t, words> values{};
    std::memcpy(values.data(), block + layout.quant_offset, layout.quant_bytes);
    for (std::size_t w = 0; w < words; ++w) {
      const std::uint32_t word = values[w] ^ bias;  // adding 128 to a signed byte flips its highest bit
      std::memcpy(quants + w * 4 * group_rows, &word, 4);
    }
    std::memcpy(scales + b * group_rows * 2, block, 2);
    if constexpr (layout.has_minimum) std::memcpy(minima + b * group_rows * 2, block + 2, 2);
    if (matrix.centred) {
      const std::uint16_t sum = block_sum(block);
      std::memcpy(minima + b * group_rows * 2, &sum, 2);
    }
  }
}

void pack_float_row(const std::byte* row, std::size_t value_bytes, int columns, std::size_t lane,
                    std::size_t group_rows, std::uint8_t* group) {
  for (std::size_t c = 0; c < static_cast<std::size_t>(columns); ++c) {
    std::memcpy(group + (c * group_rows + lane) * value_bytes, row + c * value_bytes, value_bytes);
  }
}

}  // namespace

PackedMatrix packed_layout(const Kernels& kernels, TensorType type, int rows, int columns, bool centred) {
  PackedMatrix m{.type = type,
                 .rows = rows,
                 .columns = columns,
                 .group_rows = kernels.group_rows,
                 .centred = centred && type == TensorType::q8_0};
  std::size_t bytes = gguf::row_bytes(type, static_cast<std::size_t>(columns));
  if (m.centred) bytes += static_cast<std::size_t>(columns / block_size) * 2;
  bytes *= static_cast<std::size_t>(kernels.group_rows);
  m.group_bytes = (bytes + cache_line - 1) / cache_line * cache_line;
  return m;
}

void pack_groups(const Kernels& kernels, const PackedMatrix& layout, std::span<const std::byte* const> rows,
                 int group_begin, int group_end, std::uint8_t* storage) {
  const std::uint32_t bias = layout.type == TensorType::q8_0 && kernels.q8_bias != 0 ? 0x80808080U : 0;
  const int lanes = layout.group_rows;
  for (int g = group_begin; g < group_end; ++g) {
    std::uint8_t* group = storage + static_cast<std::size_t>(g) * layout.group_bytes;
    const int n = std::min(lanes, layout.rows - g * lanes);
    for (int lane = 0; lane < n; ++lane) {
      const std::byte* row =
          rows[static_cast<std::size_t>(g) * static_cast<std::size_t>(lanes) + static_cast<std::size_t>(lane)];
      switch (const auto at = static_cast<std::size_t>(lane); layout.type) {
        case TensorType::q4_0:
          pack_quantized_row<TensorType::q4_0>(row, layout, at, bias, group);
          break;
        case TensorType::q4_1:
          pack_quantized_row<TensorType::q4_1>(row, layout, at, bias, group);
          break;
        case TensorType::q8_0:
          pack_quantized_row<TensorType::q8_0>(row, layout, at, bias, group);
          break;
        default:
          pack_float_row(row, gguf::traits(layout.type).block_bytes, layout.columns, at,
                         static_cast<std::size_t>(lanes), group);
      }
    }
  }
}

}  // namespace updraft::kernels
