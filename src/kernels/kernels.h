// The arithmetic of the models, once for each instruction set. A Kernels is a table of functions; callers choose one at
// load and pass it on. Each function is defined by its plain twin in kernels/reference.h.
//
// Every element of a result is computed in an order that depends neither on the other rows of a batch nor on how the
// work is divided among threads.
#pragma once

#include <cstddef>
#include <cstdint>
#include <span>
#include <string_view>

#include "kernels/packed_matrix.h"

namespace updraft::kernels {

// Rows of activations as 8-bit integers, one scale for each block of 32: value = scale * integer; or, twice as exact,
// value = centre + scale * integer, where the centre of a block lies in the middle between its smallest and its largest
// value.
struct QuantizedRows {
  std::int8_t* data = nullptr;
  int columns = 0;            // a multiple of 32
  std::ptrdiff_t stride = 0;  // bytes from row to row, see row_bytes()

  // A row: per block of 32
  //   the integers [32], float scale, int32 -8 * sum of the integers, float scale * sum of the integers
  // or, when centred,
  //   the integers [32], float scale, int32 -Kernels::q8_bias * sum of the integers, float centre
  // and 4 bytes of nothing. The sums take the offset of unsigned weights away.
  static constexpr int block_bytes = block_size + 16;
  static constexpr int scale_at = block_size, sum_at = block_size + 4, factor_at = block_size + 8;
  [[nodiscard]] static constexpr std::ptrdiff_t row_bytes(int columns) {
    const std::ptrdiff_t bytes = std::ptrdiff_t{columns} / block_size * block_bytes;
    return (bytes + 63) / 64 * 64;
  }
  [[nodiscard]] std::int8_t* row(int i) const { return data + i * stride; }
  [[nodiscard]] QuantizedRows from(int i) const { return {row(i), columns, stride}; }
};

// The input of a matrix product, in the form that the matrix asks for: quantised matrices read `quantized` (centred
// matrices, centred rows), others `floats`.
struct Activations {
  const float* floats = nullptr;  // [m, columns], rows `stride` apart
  std::ptrdiff_t stride = 0;
  QuantizedRows quantized;
};

// Where the elements of a matrix product go: out[t * stride + (row - first row)] = product (+ bias[row - first row]) (+
// old value).
struct Output {
  float* data = nullptr;
  std::ptrdiff_t stride = 0;
  const float* bias = nullptr;  // nullptr: none
  bool accumulate = false;
};

inline constexpr int kv_page = 16;  // positions of a page of keys or values
inline constexpr int max_head_dim = 256;

struct Kernels {
  std::string_view name;
  int group_rows;  // rows interleaved in a PackedMatrix
  int q8_bias;     // what packing adds to q8_0 values: 128 where weights are unsigned to the dot product, or 0
  bool (*supported_by_runtime_system)();

  // Blocks [first_block, first_block + n_blocks) of m rows; `in` points to the first block's values, rows in_stride
  // apart.
  void (*quantize)(const float* in, std::ptrdiff_t in_stride, int m, const QuantizedRows& out, int first_block,
                   int n_blocks);
  void (*quantize_centred)(const float* in, std::ptrdiff_t in_stride, int m, const QuantizedRows& out, int first_block,
                           int n_blocks);
  // Rows of groups [group_begin, group_end) of w, times m rows of activations. out.data is for row group_begin *
  // group_rows.
  void (*matmul)(const PackedMatrix& w, int group_begin, int group_end, const Activations& a, int m, const Output& out);

  // Asks the processor to fetch the beginning of these groups, which a product is about to read.
  void (*prefetch)(const PackedMatrix& w, int group_begin, int group_end);

  // n is a multiple of 16 from here on; in-place where in == out.
  void (*rms_norm)(const float* in, const float* scale, float epsilon, int n, float* out);
  void (*layer_norm)(const float* in, const float* scale, const float* shift, float epsilon, int n, float* out);
  void (*silu_multiply)(const float* gate, const float* up, int n, float* out);  // silu(gate) * up
  void (*gelu)(const float* in, int n, float* out);                              // tanh form
  void (*gelu_exact)(const float* in, int n, float* out);                        // by erf, at most 1e-6 off
  void (*softmax)(float* x, int n);             // in place; -infinity becomes 0; at least one element is finite
  float (*largest)(const float* x, int n);      // any n
  float (*log_sum_exp)(const float* x, int n);  // any n; at least one element is finite
  // Rotates the pairs (x[i], x[i + n/2]) by angles with cosines cs[i] and sines cs[i + n/2], then multiplies by
  // `scale`. n is a multiple of 16, as ever; the halves may be 8 long.
  void (*rotate)(float* x, const float* cs, float scale, int n);
  void (*to_f16)(const float* in, int n, std::uint16_t* out);  // values beyond the range become the largest finite ones

  void (*relu6)(const float* in, int n, float* out);  // cut to 0..6; what is not a number becomes 0
  // One pixel of a depthwise convolution and the ReLU6 behind it: out[c] = relu6(bias[c] + sum over t of taps[t][c] *
  // weights[t * n + c]). Each tap is a pixel of n channels, a multiple of 32.
  void (*depthwise)(const float* const* taps, int n_taps, const float* weights, const float* bias, int n, float* out);

  // scores[q * scores_stride + p] = sum over d of queries[q * queries_stride + d] * keys[d, p], for kv_page positions.
  // keys [head_dim, kv_page] f16
  void (*page_scores)(const std::uint16_t* keys, const float* queries, std::ptrdiff_t queries_stride, int n_queries,
                      int head_dim, float* scores, std::ptrdiff_t scores_stride);
  // out[q * out_stride + d] += sum over p < n_positions of weights[q * weights_stride + p] * values[p, d].
  // values [kv_page, head_dim] f16
  void (*page_values)(const std::uint16_t* values, const float* weights, std::ptrdiff_t weights_stride, int n_queries,
                      int n_positions, int head_dim, float* out, std::ptrdiff_t out_stride);
};

// All that this build has, best first; `portable` is the last and runs everywhere.
[[nodiscard]] std::span<const Kernels* const> all_kernels();
// The best that this machine supports.
[[nodiscard]] const Kernels& best_kernels();
// By name ("avx512_vnni", "avx_vnni", "avx2", "neon_dotprod", "portable"); nullptr when unknown or not supported by
// this machine.
[[nodiscard]] const Kernels* find_kernels(std::string_view name);

}  // namespace updraft::kernels
