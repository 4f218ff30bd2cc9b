// For tests: a small random BERT model as a safetensors file, and as a GGUF file.
#pragma once

#include <cstring>
#include <map>
#include <nlohmann/json.hpp>
#include <random>
#include <string>
#include <vector>

#include "encode/convert.h"

namespace updraft::encode::test {

struct Values {
  std::vector<std::size_t> shape;
  std::vector<float> data;
};
using Model = std::map<std::string, Values>;

inline Values random_values(const std::vector<std::size_t>& shape, float mean, float deviation, std::mt19937& random) {
  std::normal_distribution<float> normal(mean, deviation);
  Values values{shape, {}};
  std::size_t n = 1;
  for (const std::size_t length : shape) n *= length;
  for (std::size_t i = 0; i < n; ++i) values.data.push_back(normal(random));
  return values;
}

inline constexpr int small_d = 64, small_ffn = 96, small_layers = 2, small_positions = 80;

inline Model small_bert(int vocab_size, unsigned seed = 1) {
  std::mt19937 random(seed);
  Model model;
  const auto add = [&](const std::string& name, const std::vector<std::size_t>& shape, float mean, float deviation) {
    model[name] = random_values(shape, mean, deviation, random);
  };
  const auto norm = [&](const std::string& name) {
    add(name + ".weight", {small_d}, 1.0F, 0.1F);
    add(name + ".bias", {small_d}, 0.0F, 0.1F);
  };
  const auto linear = [&](const std::string& name, std::size_t rows, std::size_t columns) {
    add(name + ".weight", {rows, columns}, 0.0F, 0.2F);
    add(name + ".bias", {rows}, 0.0F, 0.1F);
  };
  add("embeddings.word_embeddings.weight", {static_cast<std::size_t>(vocab_size), small_d}, 0.0F, 1.0F);
  add("embeddings.position_embeddings.weight", {small_positions, small_d}, 0.0F, 1.0F);
  add("embeddings.token_type_embeddings.weight", {2, small_d}, 0.0F, 1.0F);
  norm("embeddings.LayerNorm");
  for (int i = 0; i < small_layers; ++i) {
    const std::string prefix = "encoder.layer." + std::to_string(i) + ".";
    for (const std::string part : {"query", "key", "value"}) {
      linear(prefix + "attention.self." + part, small_d, small_d);
    }
    linear(prefix + "attention.output.dense", small_d, small_d);
    norm(prefix + "attention.output.LayerNorm");
    linear(prefix + "intermediate.dense", small_ffn, small_d);
    linear(prefix + "output.dense", small_d, small_ffn);
    norm(prefix + "output.LayerNorm");
  }
  return model;
}

inline std::string as_safetensors(const Model& model) {
  nlohmann::json header;
  std::string data;
  for (const auto& [name, values] : model) {
    const std::size_t begin = data.size();
    data.append(reinterpret_cast<const char*>(values.data.data()), values.data.size() * sizeof(float));
    header[name] = {{"dtype", "F32"}, {"shape", values.shape}, {"data_offsets", {begin, data.size()}}};
  }
  const std::string text = header.dump();
  const std::uint64_t length = text.size();
  std::string bytes(sizeof length, '\0');
  std::memcpy(bytes.data(), &length, sizeof length);
  return bytes + text + data;
}

// "[UNK]", "[CLS]", "[SEP]", then "a3", "a4", ...: what a model needs to have a vocabulary at all.
inline std::string small_vocabulary(int size) {
  std::string lines = "[UNK]\n[CLS]\n[SEP]\n";
  for (int i = 3; i < size; ++i) lines += "a" + std::to_string(i) + "\n";
  return lines;
}

// The model as the bytes of a GGUF file. Errors: those of convert.
inline Result<std::vector<std::byte>> as_gguf(const Model& model, int vocab_size, gguf::TensorType type) {
  const std::string bytes = as_safetensors(model);
  const auto tensors = SafeTensors::parse(std::as_bytes(std::span(bytes)));
  if (!tensors) return tl::unexpected(tensors.error());
  const auto contents = convert(*tensors, WordPiece::parse(small_vocabulary(vocab_size)).value(), type);
  if (!contents) return tl::unexpected(contents.error());
  return gguf::to_bytes(*contents);
}

}  // namespace updraft::encode::test
