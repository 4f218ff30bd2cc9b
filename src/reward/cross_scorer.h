// A small network that reads an intent and a prompt side by side and says whether the one answers the other: it tells
// the subject from what is near it, three from four, red from blue, "with" from "without", which a cosine does not.
//
// The texts' points in the encoder's space, times the root of the dimension, are projected, each by a matrix of its
// side: u and v. Their product u * v, their distance |u - v|, the cosine of the points and what the exact words say
// (lexical_features.h) are the input of a network with one hidden layer; each task has its own.
#pragma once

#include <cstdint>
#include <filesystem>
#include <optional>
#include <span>
#include <string>
#include <vector>

#include "gguf/file.h"
#include "gguf/writer.h"
#include "reward/lexical_features.h"
#include "updraft/result.h"
#include "updraft/task.h"

namespace updraft::reward {

struct CrossScorerShape {
  int dimension = 384;  // of the encoder
  int width = 64;       // of u and v
  int hidden = 64;

  // u * v | |u - v| | cosine | lexical features
  [[nodiscard]] constexpr int compared() const { return 2 * width + 1 + static_cast<int>(n_lexical_features); }
};

struct CrossScorerWeights {
  explicit CrossScorerWeights(const CrossScorerShape& of);  // zeros

  CrossScorerShape shape;
  std::vector<float> intent, prompt;  // [dimension, width]
  std::vector<float> hidden;          // [task_count, compared(), hidden]
  std::vector<float> hidden_bias;     // [task_count, hidden]
  std::vector<float> output;          // [task_count, hidden]
  std::vector<float> output_bias;     // [task_count]

  // Calls f(name in the file, extents, values) for each.
  template <class Weights, class F>
  static void each(Weights& weights, F f) {
    const auto n = [](int extent) { return static_cast<std::uint64_t>(extent); };
    const auto d = n(weights.shape.dimension), w = n(weights.shape.width), h = n(weights.shape.hidden);
    using Extents = std::vector<std::uint64_t>;
    f("intent.weight", Extents{d, w}, weights.intent);
    f("prompt.weight", Extents{d, w}, weights.prompt);
    f("hidden.weight", Extents{task_count, n(weights.shape.compared()), h}, weights.hidden);
    f("hidden.bias", Extents{task_count, h}, weights.hidden_bias);
    f("output.weight", Extents{task_count, h}, weights.output);
    f("output.bias", Extents{task_count}, weights.output_bias);
  }

  // As a file, weights in halves. `about` tells how they were trained.
  [[nodiscard]] gguf::Contents contents(const std::string& about) const;
};

// out [columns] += x * matrix [x.size(), columns]
void multiply_add(std::span<const float> x, std::span<const float> matrix, std::span<float> out);

class CrossScorer {
 public:
  static constexpr std::uint32_t version = 1;  // of the file: `cross_scorer.version`

  explicit CrossScorer(CrossScorerWeights weights) : weights_(std::move(weights)) {}
  // A GGUF file, as `updraft-train scorer` writes it, for an encoder of this dimension. Errors name the file:
  // not_found, io, corrupt (a tensor is missing, of another shape, or holds what is no number), unsupported (another
  // version, size or dimension).
  [[nodiscard]] static Result<CrossScorer> load(const std::filesystem::path& path, int dimension);
  // The one in the folder of the text encoder's file, cross-scorer.gguf, where there is one.
  [[nodiscard]] static Result<std::optional<CrossScorer>> beside(const std::filesystem::path& encoder, int dimension);
  [[nodiscard]] static Result<CrossScorer> read(const gguf::File& file, int dimension);

  // One a prompt: the logarithm of the odds that it answers the intent, log 9 at the median of the teacher's prompts.
  // Points are of unit length; `prompts` [lexical.size(), dimension].
  [[nodiscard]] std::vector<double> logits(Task task, std::span<const float> intent, std::span<const float> prompts,
                                           std::span<const LexicalFeatures> lexical) const;

  [[nodiscard]] const CrossScorerShape& shape() const { return weights_.shape; }

 private:
  CrossScorerWeights weights_;
};

}  // namespace updraft::reward
