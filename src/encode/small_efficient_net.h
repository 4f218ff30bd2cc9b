// For tests: a small random EfficientNet-Lite as PyTorch names its tensors, and as a GGUF file.
#pragma once

#include <array>
#include <cmath>

#include "encode/convert_image.h"
#include "encode/small_bert.h"
#include "gguf/convert.h"

namespace updraft::encode::test {

struct SmallBlock {
  std::size_t in, hidden, out, kernel;
};
// One block or two of each stage; no number of channels is a multiple of 32 but the features.
inline const std::vector<SmallBlock> small_blocks = {{8, 8, 6, 3},     {6, 18, 10, 3},  {10, 30, 10, 3},
                                                     {10, 40, 12, 5},  {12, 36, 40, 3}, {40, 80, 36, 5},
                                                     {36, 108, 36, 5}, {36, 72, 44, 5}, {44, 132, 50, 3}};
inline constexpr std::size_t small_stem = 8, small_features = 64, small_classes = 10, small_dimension = 24;

inline Model efficient_net(std::span<const SmallBlock> blocks, std::size_t stem, std::size_t features,
                           std::size_t classes, unsigned seed) {
  std::mt19937 random(seed);
  Model model;
  const auto add = [&](const std::string& name, const std::vector<std::size_t>& shape, float mean, float deviation) {
    model[name] = random_values(shape, mean, deviation, random);
  };
  const auto convolution = [&](const std::string& name, const std::string& norm, std::size_t out, std::size_t in,
                               std::size_t kernel) {
    const auto fan_in = static_cast<float>(in * kernel * kernel);
    add(name + ".weight", {out, in, kernel, kernel}, 0.0F, 1.5F / std::sqrt(fan_in));
    add(norm + ".weight", {out}, 1.0F, 0.2F);
    add(norm + ".bias", {out}, 0.5F, 0.5F);
    add(norm + ".running_mean", {out}, 0.0F, 0.2F);
    add(norm + ".running_var", {out}, 1.0F, 0.1F);
  };
  convolution("_conv_stem", "_bn0", stem, 3, 3);
  for (std::size_t i = 0; i < blocks.size(); ++i) {
    const SmallBlock& b = blocks[i];
    const std::string prefix = "_blocks." + std::to_string(i) + ".";
    if (b.hidden != b.in) convolution(prefix + "_expand_conv", prefix + "_bn0", b.hidden, b.in, 1);
    convolution(prefix + "_depthwise_conv", prefix + "_bn1", b.hidden, 1, b.kernel);
    convolution(prefix + "_project_conv", prefix + "_bn2", b.out, b.hidden, 1);
  }
  convolution("_conv_head", "_bn1", features, blocks.back().out, 1);
  add("_fc.weight", {classes, features}, 0.0F, 0.2F);
  add("_fc.bias", {classes}, 0.0F, 0.1F);
  return model;
}

inline Model small_efficient_net(unsigned seed = 1) {
  return efficient_net(small_blocks, small_stem, small_features, small_classes, seed);
}

inline Model small_projection(unsigned seed = 2) {
  std::mt19937 random(seed);
  std::normal_distribution<float> normal(0.0F, 0.2F);
  Model model = {{"projection.weight", {{small_dimension, small_features}, {}}},
                 {"projection.bias", {{small_dimension}, {}}}};
  for (std::size_t i = 0; i < small_dimension * small_features; ++i) {
    model["projection.weight"].data.push_back(normal(random));
  }
  for (std::size_t i = 0; i < small_dimension; ++i) model["projection.bias"].data.push_back(normal(random));
  return model;
}

inline std::vector<std::string> small_class_names() {
  std::vector<std::string> names;
  for (std::size_t i = 0; i < small_classes; ++i) names.push_back("class " + std::to_string(i));
  return names;
}

// What a GGUF file of the model holds. Errors: those of convert_image_encoder.
inline Result<gguf::Contents> as_contents(const Model& model, int side, gguf::TensorType type,
                                          const Model* projection = nullptr) {
  const std::string bytes = as_safetensors(model);
  const auto tensors = SafeTensors::parse(std::as_bytes(std::span(bytes)));
  if (!tensors) return tl::unexpected(tensors.error());
  if (projection == nullptr) return convert_image_encoder(*tensors, small_class_names(), nullptr, side, type);
  const std::string more = as_safetensors(*projection);
  const auto of_projection = SafeTensors::parse(std::as_bytes(std::span(more)));
  if (!of_projection) return tl::unexpected(of_projection.error());
  return convert_image_encoder(*tensors, small_class_names(), &*of_projection, side, type);
}

// The same with inner features of two blocks and a hidden layer before the projection.
inline constexpr std::array<std::uint32_t, 2> small_inner_blocks = {1, 3};
inline constexpr std::size_t small_inner = 32 + 64, small_hidden = 32;
inline gguf::Contents with_hidden(gguf::Contents contents, std::size_t dimension = small_dimension) {
  std::mt19937 random(3);
  const auto add = [&](const std::string& name, const std::vector<std::size_t>& shape, float mean, float deviation) {
    const auto values = random_values(shape, mean, deviation, random);
    const auto tensor = gguf::convert(
        {name, gguf::TensorType::f32, {shape.begin(), shape.end()}, std::as_bytes(std::span(values.data))},
        gguf::TensorType::f32);
    contents.tensors.push_back(tensor.value());
  };
  contents.metadata.emplace_back("efficientnet-lite.inner",
                                 std::vector<std::uint32_t>(small_inner_blocks.begin(), small_inner_blocks.end()));
  add("hidden.weight", {small_hidden, small_features + small_inner}, 0.0F, 0.2F);
  add("hidden.bias", {small_hidden}, 0.3F, 0.2F);
  add("projection.weight", {dimension, small_hidden}, 0.0F, 0.2F);
  add("projection.bias", {dimension}, 0.0F, 0.1F);
  return contents;
}

}  // namespace updraft::encode::test
