// The numbers that a model's parameters follow from.
#pragma once

#include <cstdint>

#include "nn/config.h"
#include "updraft/result.h"

namespace updraft::learn {

using nn::Architecture;

struct Shape {
  Architecture architecture = Architecture::llama;
  std::int64_t n_vocab = 0;
  std::int64_t n_layers = 0;
  std::int64_t d_model = 0;
  std::int64_t n_heads = 0;
  std::int64_t n_kv_heads = 0;
  std::int64_t d_ff = 0;
  std::int64_t n_positions = 0;
  double rope_base = 1e4;  // llama only
  double norm_eps = 1e-5;

  [[nodiscard]] std::int64_t d_head() const { return d_model / n_heads; }
  [[nodiscard]] std::int64_t d_kv() const { return n_kv_heads * d_head(); }
  [[nodiscard]] std::int64_t d_qkv() const { return d_model + 2 * d_kv(); }
  // What the first product of a feed-forward block yields: gate and up side by side, or up alone.
  [[nodiscard]] std::int64_t d_ffn_in() const { return architecture == Architecture::llama ? 2 * d_ff : d_ff; }
};

// A GPT-2, whose feed-forward blocks are four times as wide as the model. Errors: invalid_argument, when the serving
// engine has no kernels for the shape, or it has 2^31 parameters or more.
[[nodiscard]] Result<Shape> gpt2_shape(std::int64_t n_vocab, std::int64_t n_layers, std::int64_t d_model,
                                       std::int64_t n_heads, std::int64_t n_positions);

}  // namespace updraft::learn
