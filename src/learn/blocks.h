// What the layers are made of, each block with its forward and its backward pass. Shapes: n tokens (rows), of d_model
// values if nothing else is said. The residual stream and its gradients are float, operands of products bfloat16
// (bf16).
#pragma once

#include <ATen/ATen.h>
#include <ATen/Parallel.h>

#include <initializer_list>
#include <vector>

#include "learn/batch.h"
#include "learn/parameters.h"
#include "learn/shape.h"

namespace updraft::learn {

// Uninitialised.
[[nodiscard]] at::Tensor floats(std::initializer_list<std::int64_t> sizes);
[[nodiscard]] at::Tensor halves(std::initializer_list<std::int64_t> sizes);

// float -> bf16
void to_half(const at::Tensor& in, const at::Tensor& out);
[[nodiscard]] at::Tensor to_half(const at::Tensor& in);

// Rows in parallel; `body(row)`.
template <class Body>
void for_rows(std::int64_t n, const Body& body) {
  at::parallel_for(0, n, 64, [&](std::int64_t begin, std::int64_t end) {
    for (std::int64_t row = begin; row < end; ++row) body(row);
  });
}

// RMSNorm: y = x / rms(x) * scale (arXiv 1910.07467); with a shift, LayerNorm: y = (x - mean) / deviation(x) * scale +
// shift (arXiv 1607.06450).
struct Normed {
  at::Tensor y;        // bf16 [n, d_model]
  at::Tensor mean;     // [n]; LayerNorm only
  at::Tensor inverse;  // [n]: 1 / rms, or 1 / deviation
};
[[nodiscard]] Normed norm(const at::Tensor& x, const Norm& p, double eps);
// Adds what reaches x to dx, and to the gradients of p.
void norm_backward(const at::Tensor& dy, const at::Tensor& x, const Norm& p, const Normed& normed, at::Tensor& dx);

// matrix * x + bias, bf16 [n, n_out]; x: bf16 [n, n_in].
[[nodiscard]] at::Tensor linear(const at::Tensor& x, const Linear& p);
// The same onto a residual stream: y + matrix * x + bias, float [n, n_out].
[[nodiscard]] at::Tensor plus_linear(const at::Tensor& y, const at::Tensor& x, const Linear& p);
// Returns dx, bf16 [n, n_in]; adds to the gradients of p. dy: bf16 [n, n_out].
[[nodiscard]] at::Tensor linear_backward(const at::Tensor& dy, const at::Tensor& x, const Linear& p);

// Rotary positions on interleaved pairs (arXiv 2104.09864), in place on the q and k parts of qkv: bf16 [n, d_qkv].
void rotate(at::Tensor& qkv, const Shape& shape, const std::vector<std::int32_t>& positions);
void rotate_backward(at::Tensor& dqkv, const Shape& shape, const std::vector<std::int32_t>& positions);

// Attention over what a token sees: its prefix, its command, its own prompt up to itself. bf16 [n, d_model].
[[nodiscard]] at::Tensor attention(const Batch& batch, const Shape& shape, const at::Tensor& qkv);
// bf16 [n, d_qkv]
[[nodiscard]] at::Tensor attention_backward(const Batch& batch, const Shape& shape, const at::Tensor& qkv,
                                            const at::Tensor& dheads);

// silu(gate) * up (arXiv 2002.05202), bf16 [n, d_ff]; gate_up: bf16 [n, 2 * d_ff].
[[nodiscard]] at::Tensor swiglu(const at::Tensor& gate_up);
[[nodiscard]] at::Tensor swiglu_backward(const at::Tensor& da, const at::Tensor& gate_up);

// GELU in its tanh form (arXiv 1606.08415), bf16 [n, d_ff].
[[nodiscard]] at::Tensor tanh_gelu(const at::Tensor& up);
[[nodiscard]] at::Tensor tanh_gelu_backward(const at::Tensor& da, const at::Tensor& up);

}  // namespace updraft::learn
