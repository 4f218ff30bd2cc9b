// BERT as a text encoder (arXiv 1810.04805, as sentence-transformers use it, arXiv 1908.10084): the mean of the last
// layer's outputs over a text's tokens, brought to unit length. Norms stand behind the blocks, attention sees the whole
// text, GELU is the exact one.
#pragma once

#include <memory>
#include <span>
#include <vector>

#include "encode/safetensors.h"
#include "kernels/buffer.h"
#include "kernels/kernels.h"
#include "kernels/thread_pool.h"
#include "nn/weights.h"
#include "updraft/result.h"

namespace updraft::encode {

using text::TokenId;

// All but the size of heads is read from the shapes of the tensors.
struct BertShape {
  static constexpr int head_dim = 32;  // of all MiniLM models
  static constexpr float norm_epsilon = 1e-12F;

  int n_layers = 0;    // 1..64
  int d_model = 0;     // 32..4096, a multiple of 32
  int d_ffn = 0;       // 32..16384, a multiple of 32
  int vocab_size = 0;  // 1..1048576
  int positions = 0;   // 2..65536

  [[nodiscard]] int n_heads() const { return d_model / head_dim; }
};

struct BertLayer {
  nn::Linear qkv;  // rows: queries | keys | values
  nn::Linear attention_output;
  nn::Norm attention_norm;
  nn::Linear ffn_in;
  nn::Linear ffn_out;
  nn::Norm ffn_norm;
};

struct BertWeights {
  BertShape shape;
  const kernels::Kernels* kernels = nullptr;
  const gguf::Tensor* token_embedding = nullptr;     // [vocab_size, d_model], in the file
  const gguf::Tensor* position_embedding = nullptr;  // [positions, d_model], in the file
  std::vector<float> segment_embedding;              // [d_model], of the first segment: there is no other
  nn::Norm embedding_norm;
  std::vector<BertLayer> layers;
  std::vector<kernels::Buffer<std::uint8_t>> packed;  // the memory of the matrices

  // Matrices are packed as `type`. The file must outlive the weights. Errors: corrupt, unsupported (a tensor is missing
  // or of another shape, a size beyond those above).
  [[nodiscard]] static Result<BertWeights> load(const SafeTensors& file, gguf::TensorType type,
                                                const kernels::Kernels& kernels, kernels::ThreadPool& pool);
};

class Bert {
 public:
  // Weights and pool must outlive it.
  Bert(const BertWeights& weights, kernels::ThreadPool& pool, int max_rows);
  Bert(Bert&&) noexcept;
  Bert& operator=(Bert&&) noexcept;
  ~Bert();

  // One point a text: out [texts.size(), d_model]. A text has 1..positions tokens of the vocabulary, all texts together
  // have at most max_rows. A text's point does not depend on the others nor on the number of threads. Not for two
  // threads at a time.
  void forward(std::span<const std::vector<TokenId>> texts, std::span<float> out);

 private:
  struct State;
  std::unique_ptr<State> state_;
};

}  // namespace updraft::encode
