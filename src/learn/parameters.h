// What is learnt: the tensors of a model, of either architecture. The names are those of the serving engine
// (nn/weights.h).
#pragma once

#include <ATen/ATen.h>

#include <vector>

#include "learn/shape.h"

namespace updraft::learn {

// Views into the flat buffers of Parameters.
struct Parameter {
  at::Tensor value;  // float
  at::Tensor grad;   // float
  at::Tensor half;   // bfloat16 copy for the matrix products; undefined for vectors and tables

  [[nodiscard]] bool exists() const { return value.defined(); }
};

struct Norm {
  Parameter scale;  // [d_model]
  Parameter shift;  // [d_model]; does not exist: RMSNorm
};

struct Linear {
  Parameter matrix;  // [n_out, n_in]
  Parameter bias;    // [n_out], or does not exist
};

struct Layer {
  Norm attention_norm;
  Linear qkv;               // [d_qkv, d_model]: queries | keys | values
  Linear attention_output;  // [d_model, d_model]
  Norm ffn_norm;
  Linear ffn_in;   // [d_ffn_in, d_model]; llama: gate | up
  Linear ffn_out;  // [d_model, d_ff]
};

// All parameters in one flat buffer each for value and gradient, so that the optimiser is one loop and a checkpoint one
// write. Their order in it is that of the members here.
struct Parameters {
  explicit Parameters(const Shape& shape);

  at::Tensor value;              // float [n_parameters]
  at::Tensor grad;               // float [n_parameters]
  Parameter token_embedding;     // [n_vocab, d_model], tied with the output
  Parameter position_embedding;  // [n_positions, d_model]; gpt2 only
  std::vector<Layer> layers;
  Norm output_norm;

  // A new model, as GPT-2's begin: matrices and tables normal with a deviation of 0.02, that of the matrices whose
  // products add to the residual stream divided by sqrt(2 n_layers); scales 1, shifts and biases 0.
  void initialize(std::uint64_t seed);

  // Brings the bfloat16 copies up to date. `quantized`: through the grid of Q4_0, so that training feels what the
  // export will do (straight-through estimator).
  void refresh_halves(bool quantized);

 private:
  at::Tensor half_;                  // bfloat16 [n_matrix_parameters]
  std::vector<Parameter> matrices_;  // those with a bfloat16 copy
};

}  // namespace updraft::learn
