#include "learn/layer.h"

namespace updraft::learn {

LayerState forward(const Layer& p, const Shape& shape, const Batch& batch, const at::Tensor& x) {
  const bool llama = shape.architecture == Architecture::llama;
  LayerState s;
  s.x = x;
  s.attention_in = norm(x, p.attention_norm, shape.norm_eps);
  s.qkv = linear(s.attention_in.y, p.qkv);
  if (llama) rotate(s.qkv, shape, batch.positions);
  s.heads = attention(batch, shape, s.qkv);
  s.middle = plus_linear(x, s.heads, p.attention_output);
  s.ffn_in = norm(s.middle, p.ffn_norm, shape.norm_eps);
  s.wide = linear(s.ffn_in.y, p.ffn_in);
  s.activation = llama ? swiglu(s.wide) : tanh_gelu(s.wide);
  s.y = plus_linear(s.middle, s.activation, p.ffn_out);
  return s;
}

void backward(const Layer& p, const LayerState& s, const Shape& shape, const Batch& batch, at::Tensor& dx) {
  const bool llama = shape.architecture == Architecture::llama;
  const at::Tensor dactivation = linear_backward(to_half(dx), s.activation, p.ffn_out);
  const at::Tensor dwide = llama ? swiglu_backward(dactivation, s.wide) : tanh_gelu_backward(dactivation, s.wide);
  norm_backward(linear_backward(dwide, s.ffn_in.y, p.ffn_in), s.middle, p.ffn_norm, s.ffn_in, dx);

  const at::Tensor dheads = linear_backward(to_half(dx), s.heads, p.attention_output);
  at::Tensor dqkv = attention_backward(batch, shape, s.qkv, dheads);
  if (llama) rotate_backward(dqkv, shape, batch.positions);
  norm_backward(linear_backward(dqkv, s.attention_in.y, p.qkv), s.x, p.attention_norm, s.attention_in, dx);
}

}  // namespace updraft::learn
