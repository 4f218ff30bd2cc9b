// A language model, Llama or GPT-2, with its forward and backward pass written out: float residual stream and
// gradients, bfloat16 matrix products. A layer of each is read from top to bottom in llama.cpp and gpt2.cpp; a test
// holds the gradients against LibTorch's autograd.
#pragma once

#include <vector>

#include "learn/batch.h"
#include "learn/parameters.h"

namespace updraft::learn {

// The rows of the output softmax: the shortlist, and beyond it a few random other tokens a step, so that they are
// pushed down too.
struct OutputRows {
  std::vector<text::TokenId> tokens;       // row -> token
  std::vector<std::int32_t> row_of_token;  // token -> row, -1: not an output
};

// Batches of a multiple of so many tokens are computed fastest (see `pad`).
inline constexpr std::size_t tokens_multiple = 32;

struct LossSum {
  double nats = 0;
  std::int64_t terms = 0;
};

class Model {
 public:
  explicit Model(const Shape& shape) : shape_(shape), parameters_(shape) {}

  [[nodiscard]] const Shape& shape() const { return shape_; }
  [[nodiscard]] Parameters& parameters() { return parameters_; }
  [[nodiscard]] const Parameters& parameters() const { return parameters_; }

  // The summed cross-entropy over batch.loss, whose targets all are among the rows. With `terms` > 0, adds the gradient
  // of sum / terms into the grads: terms is the number of loss terms of the whole step, of which the batch may be a
  // part.
  LossSum loss(const Batch& batch, const OutputRows& rows, std::int64_t terms = 0);

 private:
  Shape shape_;
  Parameters parameters_;
};

}  // namespace updraft::learn
