// The shape of a model, read from GGUF metadata. Every number is range-checked here, so that whatever is computed from
// a ModelConfig (sizes, offsets) can neither overflow nor ask for absurd amounts of memory.
#pragma once

#include "gguf/file.h"
#include "updraft/result.h"

namespace updraft::nn {

enum class Architecture {
  llama,  // RMSNorm, rotary positions, grouped-query attention, SwiGLU
  gpt2,   // LayerNorm, learned positions, GELU, biases
};

struct ModelConfig {
  Architecture architecture = Architecture::llama;
  int n_layers = 0;        // 1..256
  int d_model = 0;         // 32..16384, a multiple of 32
  int n_heads = 0;         // query heads, 1..256
  int n_kv_heads = 0;      // key and value heads; divides n_heads
  int head_dim = 0;        // d_model / n_heads; 16..256, a multiple of 16
  int d_ffn = 0;           // 32..65536, a multiple of 32
  int context_length = 0;  // positions, 1..1048576
  int vocab_size = 0;      // rows of the token embedding, 1..1048576
  float norm_epsilon = 1e-5F;
  float rope_base = 10000.0F;  // llama only

  // Errors: unsupported (another architecture, rope scaling, a head size we have no kernel for), corrupt (a number that
  // is missing or out of its range).
  [[nodiscard]] static Result<ModelConfig> from(const gguf::File& file);

  [[nodiscard]] int d_kv() const { return n_kv_heads * head_dim; }
};

}  // namespace updraft::nn
