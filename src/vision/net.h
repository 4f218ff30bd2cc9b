// What is learnt behind the image encoder: a hidden layer, from it a point in the text encoder's space, and tags.
//   hidden = relu6(w1 x + b1), point = w2 hidden + b2 (of unit length where it is used), tags = sigmoid(w3 hidden + b3)
// x are features less their mean, times a scale. Gradients are written out; products are oneDNN's.
#pragma once

#include <cstdint>
#include <span>
#include <vector>

#include "decode/random.h"

namespace updraft::vision {

struct NetShape {
  std::size_t inputs = 0, hidden = 0, points = 0, tags = 0;
};

struct Weights {
  std::vector<float> w1, b1, w2, b2, w3, b3;  // [hidden, inputs], [hidden], [points, hidden], ...
  std::vector<float> temperature;             // [1]: log of what cosines are multiplied with

  [[nodiscard]] static Weights zeros(const NetShape& shape);
  [[nodiscard]] static Weights chance(const NetShape& shape, decode::Random& random);
  // f(ours, theirs) for each of the arrays.
  template <class F>
  static void for_each(const F& f, auto&... weights) {
    f(weights.w1...), f(weights.b1...), f(weights.w2...), f(weights.b2...), f(weights.w3...), f(weights.b3...);
    f(weights.temperature...);
  }
};

// A batch of n pictures, each beside a text that tells of it.
struct Batch {
  std::size_t n = 0;
  std::vector<float> x;              // [n, inputs]
  std::vector<float> texts;          // [n, points], of unit length
  std::vector<std::uint8_t> labels;  // [n, tags], 0 or 1
};

struct Losses {
  double contrast = 0, tags = 0;
};

struct LossOptions {
  double hidden_dropout = 0;
  double tag_weight = 1;
  double soft = 0;      // how much of the target goes to texts by their likeness to the picture's own
  double alike = 0.95;  // texts whose cosine is more say the same: they are no negatives
};

struct Outputs {
  std::vector<float> hidden;  // [n, hidden]
  std::vector<float> points;  // [n, points], of unit length
  std::vector<float> tags;    // [n, tags], log odds
};
[[nodiscard]] Outputs forward(const NetShape& shape, const Weights& weights, std::span<const float> x);

// Adds nothing to, but sets, `gradient`.
Losses backward(const NetShape& shape, const Weights& weights, const Batch& batch, const LossOptions& options,
                decode::Random& random, Weights& gradient);

class Adam {
 public:
  explicit Adam(const NetShape& shape) : first_(Weights::zeros(shape)), second_(Weights::zeros(shape)) {}
  void step(Weights& weights, const Weights& gradient, double rate, double decay);

 private:
  Weights first_, second_;
  int steps_ = 0;
};

}  // namespace updraft::vision
