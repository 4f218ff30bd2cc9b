// Small random models for tests, in any tensor type, parsed from memory.
#pragma once

#include <cmath>
#include <filesystem>
#include <fstream>
#include <memory>
#include <random>
#include <string>
#include <vector>

#include "files/test_folder.h"
#include "gguf/file.h"
#include "gguf/writer.h"

namespace updraft::nn::test {

struct TinyShape {
  std::string architecture = "llama";
  int n_layers = 2, d_model = 96, n_heads = 6, n_kv_heads = 2, d_ffn = 160, context_length = 256, vocab_size = 101;
  gguf::TensorType type = gguf::TensorType::f32;
  bool tied_output = true;
  std::vector<std::uint32_t> shortlist = {};  // empty: no such key
};

inline gguf::Contents tiny_contents(const TinyShape& s, unsigned seed = 1) {
  using gguf::TensorType;
  std::mt19937 random(seed);
  gguf::Contents out;
  const auto tensor = [&](const std::string& name, TensorType type, std::vector<int> shape, float mean, float spread) {
    std::normal_distribution<float> normal(mean, spread);
    gguf::WriteTensor t{name, type, {}, {}};
    std::size_t n = 1;
    for (const int extent : shape) {
      t.shape.push_back(static_cast<std::uint64_t>(extent));
      n *= static_cast<std::size_t>(extent);
    }
    std::vector<float> values(n);
    for (float& v : values) v = normal(random);
    t.data.resize(gguf::row_bytes(type, n));
    gguf::quantize(type, values, t.data);
    out.tensors.push_back(std::move(t));
  };
  const auto matrix = [&](const std::string& name, int rows, int columns) {
    tensor(name + ".weight", s.type, {rows, columns}, 0, 1.0F / std::sqrt(static_cast<float>(columns)));
  };
  const auto integer = [&](const std::string& key, int value) {
    out.metadata.emplace_back(s.architecture + "." + key, static_cast<std::uint32_t>(value));
  };
  const bool llama = s.architecture == "llama";
  const auto norm = [&](const std::string& name) {
    tensor(name + ".weight", TensorType::f32, {s.d_model}, 1, 0.2F);
    if (!llama) tensor(name + ".bias", TensorType::f32, {s.d_model}, 0, 0.2F);
  };
  const auto linear = [&](const std::string& name, int rows, int columns) {
    matrix(name, rows, columns);
    if (!llama) tensor(name + ".bias", TensorType::f32, {rows}, 0, 0.2F);
  };

  out.metadata.emplace_back("general.architecture", s.architecture);
  integer("block_count", s.n_layers);
  integer("embedding_length", s.d_model);
  integer("feed_forward_length", s.d_ffn);
  integer("attention.head_count", s.n_heads);
  integer("context_length", s.context_length);
  if (llama) {
    integer("attention.head_count_kv", s.n_kv_heads);
    out.metadata.emplace_back("llama.attention.layer_norm_rms_epsilon", 1e-5F);
    out.metadata.emplace_back("llama.rope.freq_base", 10000.0F);
  } else {
    out.metadata.emplace_back("gpt2.attention.layer_norm_epsilon", 1e-5F);
  }
  if (!s.shortlist.empty()) out.metadata.emplace_back("updraft.shortlist", s.shortlist);

  matrix("token_embd", s.vocab_size, s.d_model);
  norm("output_norm");
  if (!s.tied_output) matrix("output", s.vocab_size, s.d_model);
  if (!llama) matrix("position_embd", s.context_length, s.d_model);
  for (int i = 0; i < s.n_layers; ++i) {
    const std::string prefix = "blk." + std::to_string(i) + ".";
    const int d_kv = s.d_model / s.n_heads * s.n_kv_heads;
    norm(prefix + "attn_norm");
    norm(prefix + "ffn_norm");
    if (llama) {
      linear(prefix + "attn_q", s.d_model, s.d_model);
      linear(prefix + "attn_k", d_kv, s.d_model);
      linear(prefix + "attn_v", d_kv, s.d_model);
      linear(prefix + "ffn_gate", s.d_ffn, s.d_model);
    } else {
      linear(prefix + "attn_qkv", 3 * s.d_model, s.d_model);
    }
    linear(prefix + "attn_output", s.d_model, s.d_model);
    linear(prefix + "ffn_up", s.d_ffn, s.d_model);
    linear(prefix + "ffn_down", s.d_model, s.d_ffn);
  }
  return out;
}

// A file and the bytes that it was parsed from.
struct TinyFile {
  std::unique_ptr<std::vector<std::byte>> bytes;
  Result<gguf::File> file;
};

inline TinyFile as_file(const gguf::Contents& contents) {
  const files::test::Folder folder;
  const std::filesystem::path path = folder / "model.gguf";
  if (auto written = gguf::write(path, contents); !written) return {nullptr, tl::unexpected<Error>(written.error())};
  auto bytes = std::make_unique<std::vector<std::byte>>(std::filesystem::file_size(path));
  std::ifstream(path, std::ios::binary)
      .read(reinterpret_cast<char*>(bytes->data()), static_cast<std::streamsize>(bytes->size()));
  auto file = gguf::File::parse(*bytes);
  return {std::move(bytes), std::move(file)};
}

}  // namespace updraft::nn::test
