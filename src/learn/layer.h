// A layer: what a token meets, from top to bottom, and the way back. The architectures differ in the norm, which the
// parameters tell (RMSNorm or LayerNorm), biases, positions (rotary, or learnt and added to the embedding) and the
// activation (SwiGLU or GELU).
#pragma once

#include "learn/blocks.h"

namespace updraft::learn {

// What the forward pass of a layer leaves behind for its backward pass.
struct LayerState {
  at::Tensor x;           // float [n, d_model], the layer's input
  Normed attention_in;    //
  at::Tensor qkv;         // bf16 [n, d_qkv]; llama: q and k rotated
  at::Tensor heads;       // bf16 [n, d_model]
  at::Tensor middle;      // float [n, d_model], after attention
  Normed ffn_in;          //
  at::Tensor wide;        // bf16 [n, d_ffn_in]
  at::Tensor activation;  // bf16 [n, d_ff]
  at::Tensor y;           // float [n, d_model], the layer's output
};

[[nodiscard]] LayerState forward(const Layer& p, const Shape& shape, const Batch& batch, const at::Tensor& x);
// dx: the gradient of the layer's output on entry, of its input on return.
void backward(const Layer& p, const LayerState& s, const Shape& shape, const Batch& batch, at::Tensor& dx);

}  // namespace updraft::learn
