// BERT as a text encoder (arXiv 1810.04805, as sentence-transformers use it, arXiv 1908.10084): the mean of the last
// layer's outputs over a text's tokens, brought to unit length. Norms stand behind the blocks, attention sees the whole
// text, GELU is the exact one.
#pragma once

#include <memory>
#include <span>
#include <vector>

#include "gguf/file.h"
#include "kernels/buffer.h"
#include "kernels/kernels.h"
#include "kernels/thread_pool.h"
#include "nn/weights.h"
#include "updraft/result.h"

namespace updraft::encode {

using text::TokenId;

// As the metadata of a GGUF file of the architecture "bert" tells it; every number is checked here.
struct BertShape {
  static constexpr int head_dim = 32;  // of all MiniLM models
  static constexpr int max_layers = 64;
  static constexpr int max_positions = 512;         // of more, the first ones are used
  static constexpr std::uint32_t pooling_mean = 1;  // as GGUF numbers it

  int n_layers = 0;    // 1..64
  int d_model = 0;     // 32..4096, a multiple of 32
  int d_ffn = 0;       // 32..16384, a multiple of 32
  int vocab_size = 0;  // rows of the token embedding, 1..1048576
  int positions = 0;   // 2..512
  float norm_epsilon = 0;

  // Errors: corrupt (a number is missing or out of its range), unsupported (another architecture, heads of another
  // size, causal attention, another pooling than the mean).
  [[nodiscard]] static Result<BertShape> from(const gguf::File& file);

  [[nodiscard]] int n_heads() const { return d_model / head_dim; }
};

struct BertLayer {
  nn::Linear qkv;  // rows: the queries | keys | values of head 0, those of head 1, ...
  nn::Linear attention_output;
  nn::Norm attention_norm;
  nn::Linear ffn_in;
  nn::Linear ffn_out;
  nn::Norm ffn_norm;
};

struct BertWeights {
  BertShape shape;
  const kernels::Kernels* kernels = nullptr;
  const gguf::Tensor* token_embedding = nullptr;  // [vocab_size, d_model], in the file: read a row at a time
  std::vector<float> position_embedding;  // [positions, d_model], that of the first segment added: there is no other
  nn::Norm embedding_norm;
  std::vector<BertLayer> layers;
  kernels::Buffer<std::uint8_t> packed;  // the memory of the matrices

  // The file must outlive the weights (the token embedding stays in it). Errors: those of BertShape::from; corrupt (a
  // tensor is missing or of another shape), unsupported (matrices of different types).
  [[nodiscard]] static Result<BertWeights> load(const gguf::File& file, const kernels::Kernels& kernels,
                                                kernels::ThreadPool& pool);
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
