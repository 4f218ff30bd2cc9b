// One training: from features and what the drawings say of themselves to the projection and the tags.
#pragma once

#include <functional>
#include <span>
#include <string>
#include <vector>

#include "encode/text_encoder.h"
#include "eval/drawings.h"
#include "eval/picture_quality.h"
#include "vision/features.h"
#include "vision/net.h"

namespace updraft::vision {

struct TrainOptions {
  std::size_t hidden = 512;
  bool inner = true;  // read the inner features as well
  std::size_t batch = 512;
  int epochs = 40;
  double rate = 1e-3, decay = 0.02;
  double input_dropout = 0.2, hidden_dropout = 0.3;
  double tag_weight = 0.1, soft = 0.2;
  std::size_t least_drawings = 10;  // of a tag
  std::uint64_t seed = 1;
  std::filesystem::path text_cache = {};  // a file for the texts' points; empty: none
  std::function<void(const std::string&)> on_line = {};
};

// Tags that enough of the drawings to train on have, the most frequent first.
[[nodiscard]] std::vector<std::string> vocabulary_of(std::span<const eval::Drawing> drawings,
                                                     std::size_t least_drawings);

struct Learnt {
  NetShape shape;
  std::vector<float> mean, scale;  // of the inputs
  Weights weights;
  std::vector<std::string> tags;
};

// `groups` are views of the same drawings.
[[nodiscard]] Learnt train(std::span<const eval::Drawing> drawings, std::span<const Features> groups,
                           const encode::TextEncoder& text_encoder, const TrainOptions& options);

// The encoder with the projection, the mean and the scale folded into its hidden layer.
[[nodiscard]] Result<gguf::Contents> with_projection(const gguf::File& encoder, const Learnt& learnt);

}  // namespace updraft::vision
