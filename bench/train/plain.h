// The peer of updraft's trainer: the same model and the same step as plain LibTorch code, as one writes it without this
// project. Tensors and modules, autograd, torch::optim::AdamW; float parameters, bfloat16 products.
#pragma once

#include <torch/torch.h>

#include <vector>

#include "learn/model.h"

namespace updraft::bench {

// Sequences of equal length, padded at their ends.
struct PlainBatch {
  torch::Tensor tokens;     // int64 [n, length]
  torch::Tensor positions;  // int64 [n, length]
  torch::Tensor mask;       // float [n, 1, length, length], or [1, 1, ...] for all: -inf where a token does not look
  torch::Tensor rows;       // int64 [n_terms], of n * length: whose output predicts ...
  torch::Tensor targets;    // int64 [n_terms]: ... this row of the output
};

// The trees of a batch, one sequence each, with a mask for what a token sees: every token is computed once, as updraft
// does it; padding is all that is wasted.
[[nodiscard]] PlainBatch as_trees(const learn::Batch& batch, const learn::OutputRows& rows);

// As it is done most often: a sequence a prompt, its prefix and command before it, causal mask. Batches of `n`
// sequences each, for the activations of all at once would not fit. Every prompt must have its tokens in batch.loss.
[[nodiscard]] std::vector<PlainBatch> as_prompts(const learn::Batch& batch, const learn::OutputRows& rows,
                                                 std::int64_t n);

struct PlainLayer : torch::nn::Module {
  explicit PlainLayer(const learn::Layer& layer);
  torch::Tensor attention_norm, qkv, attention_output, ffn_norm, ffn_in, ffn_out;
};

// Llama.
struct PlainModel : torch::nn::Module {
  PlainModel(const learn::Shape& model_shape, const learn::Parameters& parameters);  // a copy

  // The summed cross-entropy over the batch's terms.
  torch::Tensor loss(const PlainBatch& batch, const learn::OutputRows& rows);

  learn::Shape shape;
  torch::Tensor embedding, output_norm;
  std::vector<std::shared_ptr<PlainLayer>> layers;
};

// One step: gradients of all batches, the norm clipped at 1, AdamW. Returns the mean loss of a term.
double step(PlainModel& model, torch::optim::AdamW& optimizer, const std::vector<PlainBatch>& batches,
            const learn::OutputRows& rows);

}  // namespace updraft::bench
