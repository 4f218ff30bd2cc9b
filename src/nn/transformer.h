// The forward pass: a batch of tokens, each at the end of a node of a KvTree, through all layers to logits.
#pragma once

#include <memory>
#include <span>

#include "kernels/thread_pool.h"
#include "nn/kv_tree.h"
#include "nn/weights.h"
#include "updraft/result.h"

namespace updraft::nn {

// Up to this many rows each thread computes norms and the like for itself: that costs less than meeting at a barrier.
inline constexpr int rows_worth_repeating = 2;
// Query vectors that one piece of attention work handles at a time, so that keys and values are read once for all of
// them.
inline constexpr int queries_per_tile = 12;

// One token of a batch. Rows of one node are in the order of their positions; a parent's rows stand before its
// children's.
struct Row {
  TokenId token = 0;
  NodeId node = 0;
  bool wants_logits = false;
};

class Transformer {
 public:
  // Batches of more than max_rows rows are processed in parts of that size. Weights and pool must outlive the
  // transformer.
  Transformer(const Weights& weights, kernels::ThreadPool& pool, int max_rows = 128);
  Transformer(Transformer&&) noexcept;
  Transformer& operator=(Transformer&&) noexcept;
  ~Transformer();

  [[nodiscard]] int n_output() const;  // logits per row

  // Appends the rows' tokens to their nodes and writes the logits of those that want them, in the rows' order:
  // logits [number of rows that want logits, n_output]; logit j is for token weights.output_tokens[j].
  //
  // A row's logits depend on its token and on what it attends to, not on what else is in the batch nor on the number of
  // threads, to the last bit.
  //
  // Errors (the tree is then as it was): invalid_argument (token or node that does not exist, a node whose children
  // hold tokens, wrong size of logits, context length or the tree's room exceeded). Not for two threads at a time.
  [[nodiscard]] Result<> forward(KvTree& tree, std::span<const Row> rows, std::span<float> logits);

 private:
  struct State;
  std::unique_ptr<State> state_;
};

}  // namespace updraft::nn
