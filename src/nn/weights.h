// The weights of a model, packed for the kernels of one instruction set.
#pragma once

#include <filesystem>
#include <vector>

#include "gguf/file.h"
#include "kernels/buffer.h"
#include "kernels/kernels.h"
#include "kernels/packed_matrix.h"
#include "kernels/thread_pool.h"
#include "nn/config.h"
#include "text/tokenizer.h"
#include "updraft/result.h"

namespace updraft::nn {

using text::TokenId;

struct LoadOptions {
  bool whole_vocabulary = false;              // ignore the file's output shortlist
  const kernels::Kernels* kernels = nullptr;  // nullptr: the best that this machine supports
};

// Scale and shift of a norm; shift is empty for RMSNorm.
struct Norm {
  std::vector<float> scale;  // [d_model]
  std::vector<float> shift;  // [d_model] or empty
};

// y = matrix * x + bias
struct Linear {
  kernels::PackedMatrix matrix;
  std::vector<float> bias;  // [matrix.rows()] or empty
};

struct Layer {
  Norm attention_norm;
  Linear qkv;  // rows: queries | keys | values. Llama's query and key rows are reordered within each head so that the
               // two members of a rotary pair are head_dim / 2 apart (scores do not change)
  Linear attention_output;
  Norm ffn_norm;
  Linear ffn_in;   // llama: gate and up in turns of 32 rows; gpt2: up
  Linear ffn_out;  // down
};

struct Weights {
  ModelConfig config;
  const kernels::Kernels* kernels = nullptr;
  const gguf::Tensor* token_embedding = nullptr;     // [vocab_size, d_model], in the file: read one row at a time
  const gguf::Tensor* position_embedding = nullptr;  // [context_length, d_model]; gpt2 only
  std::vector<Layer> layers;
  Norm output_norm;
  Linear output;                           // [n_output, d_model]: only the shortlist's rows
  std::vector<TokenId> output_tokens;      // [n_output]: the token that each logit is for, ascending
  std::vector<std::int32_t> output_index;  // [vocab_size]: the logit of a token; -1: not in the shortlist

  kernels::Buffer<std::uint8_t> packed;  // the memory of all matrices, in the order in which a token meets them

  [[nodiscard]] int n_output() const { return static_cast<int>(output_tokens.size()); }

  // The file must outlive the weights (the embedding stays in it). The shortlist is the file's metadata key
  // `updraft.shortlist`: an array of token ids in any order; without it, all tokens. Errors: those of ModelConfig;
  // corrupt (a tensor is missing or of the wrong shape, a shortlist that names no token twice or one that does not
  // exist).
  [[nodiscard]] static Result<Weights> load(const gguf::File& file, kernels::ThreadPool& pool,
                                            const LoadOptions& options = {});
};

// A file and the weights that were read from it: what most callers want. Immutable once loaded; any number of
// Transformers may share it.
struct Model {
  gguf::File file;
  Weights weights;

  [[nodiscard]] static Result<Model> load(const std::filesystem::path& path, kernels::ThreadPool& pool,
                                          const LoadOptions& options = {});
};

}  // namespace updraft::nn
