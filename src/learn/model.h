// A Llama language model with its forward and backward pass written out: float residual stream and gradients, bfloat16
// matrix products. Each layer is read from top to bottom in model.cpp; a test holds the gradients against LibTorch's
// autograd.
#pragma once

#include <ATen/ATen.h>

#include <string>
#include <vector>

#include "learn/batch.h"

namespace updraft::learn {

struct Shape {
  std::int64_t n_vocab = 0;
  std::int64_t n_layers = 0;
  std::int64_t d_model = 0;
  std::int64_t n_heads = 0;
  std::int64_t n_kv_heads = 0;
  std::int64_t d_ff = 0;
  double rope_base = 1e4;
  double norm_eps = 1e-5;

  [[nodiscard]] std::int64_t d_head() const { return d_model / n_heads; }
  [[nodiscard]] std::int64_t d_kv() const { return n_kv_heads * d_head(); }
  [[nodiscard]] std::int64_t d_qkv() const { return d_model + 2 * d_kv(); }
};

// One parameter: views into the flat buffers of Parameters.
struct Parameter {
  at::Tensor value;  // float
  at::Tensor grad;   // float
  at::Tensor half;   // bfloat16 copy for the matrix products; undefined for norms and the embedding
};

struct LayerParameters {
  Parameter attention_norm;  // [d_model]
  Parameter qkv;             // [d_qkv, d_model]
  Parameter attention_out;   // [d_model, d_model]
  Parameter ffn_norm;        // [d_model]
  Parameter gate_up;         // [2 * d_ff, d_model]
  Parameter down;            // [d_model, d_ff]
};

// All parameters in one flat buffer each for value and gradient, so that the optimiser is one loop and a checkpoint one
// write.
struct Parameters {
  explicit Parameters(const Shape& shape);

  at::Tensor value;     // float [n_parameters]
  at::Tensor grad;      // float [n_parameters]
  Parameter embedding;  // [n_vocab, d_model], tied with the output
  std::vector<LayerParameters> layers;
  Parameter output_norm;  // [d_model]

  // Brings the bfloat16 copies up to date. `quantized`: through the grid of Q4_0, so that training feels what the
  // export will do (straight-through estimator).
  void refresh_halves(bool quantized);

 private:
  at::Tensor half_;  // bfloat16 [n_matrix_parameters]
};

// The rows of the output softmax: the shortlist, and beyond it a few random other tokens a step, so that they are
// pushed down too.
struct OutputRows {
  std::vector<text::TokenId> tokens;       // row -> token
  std::vector<std::int32_t> row_of_token;  // token -> row, -1: not an output
};

struct LossSum {
  double nats = 0;
  std::int64_t terms = 0;
};

class Model {
 public:
  explicit Model(const Shape& shape) : shape_(shape), parameters_(shape) {}

  [[nodiscard]] const Shape& shape() const { return shape_; }
  [[nodiscard]] Parameters& parameters() { return parameters_; }

  // The summed cross-entropy over batch.loss, whose targets all are among the rows. With `terms` > 0, adds the gradient
  // of sum / terms into the grads: terms is the number of loss terms of the whole step, of which the batch may be a
  // part.
  LossSum loss(const Batch& batch, const OutputRows& rows, std::int64_t terms = 0);

 private:
  Shape shape_;
  Parameters parameters_;
};

}  // namespace updraft::learn
