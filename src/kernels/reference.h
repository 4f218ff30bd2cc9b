// The plain twins of the kernels: obvious loops over floats, one element at a time. Tests hold every instruction set to
// them.
#pragma once

#include <cstdint>
#include <span>
#include <vector>

#include "gguf/types.h"

namespace updraft::kernels::reference {

// Activations as 8-bit integers with a scale for each block of 32, apart from QuantizedRows' layout.
struct QuantizedRow {
  std::vector<std::int8_t> values;  // [n]
  std::vector<float> scales;        // [n / 32]
  std::vector<float> centres;       // [n / 32], or none
};

// scale = largest magnitude / 127; values are rounded to nearest, halves to even. Blocks of magnitudes up to 1e-30 are
// 0.
[[nodiscard]] QuantizedRow quantize(std::span<const float> x);
// centre = (largest + smallest) / 2, scale = (largest - smallest) / 2 / 127
[[nodiscard]] QuantizedRow quantize_centred(std::span<const float> x);

// A GGUF row of a quantised type times an activation row. Within a block integers, so exact; blocks are summed in order
// with one fused multiply-add each (with centres, which q8_0 alone can be multiplied with, one more: the sum of the
// block's weights, as a 16-bit float, times the centre), as all kernels do it.
[[nodiscard]] float dot(gguf::TensorType type, std::span<const std::byte> weights, const QuantizedRow& x);
// A GGUF row of any type, as floats, times a row of floats, summed in order by fused multiply-adds.
[[nodiscard]] float dot(gguf::TensorType type, std::span<const std::byte> weights, std::span<const float> x);

[[nodiscard]] std::vector<float> rms_norm(std::span<const float> x, std::span<const float> scale, float epsilon);
[[nodiscard]] std::vector<float> layer_norm(std::span<const float> x, std::span<const float> scale,
                                            std::span<const float> shift, float epsilon);
[[nodiscard]] float silu(float x);
[[nodiscard]] float gelu(float x);  // tanh form
[[nodiscard]] float gelu_exact(float x);
[[nodiscard]] float relu6(float x);
// One pixel: taps [n_taps, n], weights [n_taps, n], bias [n]. Summed in the order of the taps by fused multiply-adds,
// from the bias on; ReLU6 behind it.
[[nodiscard]] std::vector<float> depthwise(std::span<const float> taps, std::span<const float> weights,
                                           std::span<const float> bias);
[[nodiscard]] std::vector<float> softmax(std::span<const float> x);
[[nodiscard]] double log_sum_exp(std::span<const float> x);
// Rotates the pairs (x[i], x[i + n/2]) by `position * base^(-2i/n)`.
[[nodiscard]] std::vector<float> rotate(std::span<const float> x, int position, float base);

}  // namespace updraft::kernels::reference
