// The cross-scorer (reward/cross_scorer.h) while it learns: forward with what backward needs, backward, update.
#pragma once

#include <cstdint>
#include <span>
#include <vector>

#include "decode/random.h"
#include "reward/cross_scorer.h"

namespace updraft::learn {

// An intent with a prompt that answers it, the first, and others that do not.
struct CrossExample {
  Task task = Task::query;
  std::span<const float> intent;                 // [dimension], of unit length
  std::vector<std::span<const float>> prompts;   // at least two
  std::vector<reward::LexicalFeatures> lexical;  // one a prompt
};

class CrossScorerNet {
 public:
  CrossScorerNet(const reward::CrossScorerShape& shape, std::uint64_t seed);

  // Adds the gradient of the example's loss, and returns the loss: the cross-entropy of which prompt answers (softmax
  // over the logits) and that of whether each does (logistic; all the negatives weigh twice as much as the one that
  // answers). Each value of the hidden layer's input is left out with probability `dropout`.
  double learn(const CrossExample& example, double dropout, decode::Random& random);

  // AdamW (arXiv 1711.05101) with the mean gradient since the last update.
  void update(double learning_rate);

  [[nodiscard]] const reward::CrossScorerWeights& weights() const { return weights_; }
  // For tests: of the examples since the last update, summed.
  [[nodiscard]] const reward::CrossScorerWeights& gradient() const { return gradient_; }

 private:
  // What one prompt left on the way forward.
  struct Pass {
    std::vector<float> v;         // [width]
    std::vector<float> compared;  // [compared()], after dropout
    std::vector<float> kept;      // [compared()]: 0 where it was left out
    std::vector<float> hidden;    // [hidden], after the ReLU
    double logit = 0;
  };
  void forward(const CrossExample& example, std::size_t prompt, std::span<const float> u, double dropout,
               decode::Random& random, Pass& pass) const;
  // `slope`: of the loss by the logit; adds to of_u [width].
  void backward(const CrossExample& example, std::size_t prompt, std::span<const float> u, const Pass& pass,
                float slope, std::span<float> of_u);

  reward::CrossScorerWeights weights_, gradient_, mean_, variance_;
  std::int64_t n_examples_ = 0, n_updates_ = 0;
};

}  // namespace updraft::learn
