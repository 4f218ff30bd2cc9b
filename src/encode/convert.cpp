#include "encode/convert.h"

#include <array>
#include <string>

#include "encode/bert.h"
#include "gguf/convert.h"

namespace updraft::encode {
namespace {

// What GGUF calls a tensor, and what sentence-transformers call it.
struct Name {
  std::string_view gguf, safetensors;
};
constexpr std::array<Name, 5> of_model = {{{"token_embd.weight", "embeddings.word_embeddings.weight"},
                                           {"position_embd.weight", "embeddings.position_embeddings.weight"},
                                           {"token_types.weight", "embeddings.token_type_embeddings.weight"},
                                           {"token_embd_norm.weight", "embeddings.LayerNorm.weight"},
                                           {"token_embd_norm.bias", "embeddings.LayerNorm.bias"}}};
// Of a layer; each has a weight and a bias.
constexpr std::array<Name, 8> of_layer = {{{"attn_q", "attention.self.query"},
                                           {"attn_k", "attention.self.key"},
                                           {"attn_v", "attention.self.value"},
                                           {"attn_output", "attention.output.dense"},
                                           {"attn_output_norm", "attention.output.LayerNorm"},
                                           {"ffn_up", "intermediate.dense"},
                                           {"ffn_down", "output.dense"},
                                           {"layer_output_norm", "output.LayerNorm"}}};

std::string layer_prefix(int i) { return "encoder.layer." + std::to_string(i) + "."; }

int count_layers(const SafeTensors& tensors) {
  int n = 0;
  while (n < BertShape::max_layers && tensors.tensor(layer_prefix(n) + "output.dense.weight") != nullptr) ++n;
  return n;
}

// The safetensors file says nothing of heads and epsilon: these are those of all MiniLM models.
Result<> describe(const SafeTensors& tensors, int n_layers, gguf::TensorType type, gguf::Contents& out) {
  const auto extent = [&](std::string_view name, std::size_t dimension) -> std::uint32_t {
    const gguf::Tensor* tensor = tensors.tensor(name);
    const bool fits = tensor != nullptr && tensor->shape.size() == 2 && tensor->shape[dimension] <= 1U << 20;
    return fits ? static_cast<std::uint32_t>(tensor->shape[dimension]) : 0;
  };
  const std::uint32_t d_model = extent("embeddings.word_embeddings.weight", 1);
  const std::uint32_t positions = extent("embeddings.position_embeddings.weight", 0);
  const std::uint32_t d_ffn = extent("encoder.layer.0.intermediate.dense.weight", 0);
  if (d_model == 0 || positions == 0 || d_ffn == 0 || n_layers == 0) {
    return fail(ErrorCode::corrupt, "not a BERT model: an embedding or the first layer is missing");
  }
  out.metadata.emplace_back("general.architecture", std::string("bert"));
  out.metadata.emplace_back("general.file_type", gguf::file_type(type));
  out.metadata.emplace_back("bert.block_count", static_cast<std::uint32_t>(n_layers));
  out.metadata.emplace_back("bert.context_length", positions);
  out.metadata.emplace_back("bert.embedding_length", d_model);
  out.metadata.emplace_back("bert.feed_forward_length", d_ffn);
  out.metadata.emplace_back("bert.attention.head_count", d_model / BertShape::head_dim);
  out.metadata.emplace_back("bert.attention.layer_norm_epsilon", 1e-12F);
  out.metadata.emplace_back("bert.attention.causal", false);
  out.metadata.emplace_back("bert.pooling_type", BertShape::pooling_mean);
  out.metadata.emplace_back("tokenizer.ggml.token_type_count",
                            std::uint32_t{2});  // segments, of which we use the first
  return {};
}

}  // namespace

Result<gguf::Contents> convert(const SafeTensors& tensors, const WordPiece& vocabulary, gguf::TensorType type) {
  gguf::Contents out;
  const int n_layers = count_layers(tensors);
  if (auto done = describe(tensors, n_layers, type, out); !done) return tl::unexpected(done.error());
  for (auto& entry : vocabulary.metadata()) out.metadata.push_back(std::move(entry));

  const auto add = [&](const std::string& from, const std::string& to) -> Result<> {
    const gguf::Tensor* found = tensors.tensor(from);
    if (found == nullptr) return fail(ErrorCode::corrupt, "tensor " + from + " is missing: not a BERT model");
    gguf::Tensor tensor = *found;
    tensor.name = to;
    auto converted = gguf::convert(tensor, type);
    if (!converted) return tl::unexpected(converted.error());
    out.tensors.push_back(std::move(*converted));
    return {};
  };
  for (const Name& name : of_model) {
    if (auto done = add(std::string(name.safetensors), std::string(name.gguf)); !done)
      return tl::unexpected(done.error());
  }
  for (int i = 0; i < n_layers; ++i) {
    for (const Name& name : of_layer) {
      for (const char* part : {".weight", ".bias"}) {
        auto done = add(layer_prefix(i) + std::string(name.safetensors) + part,
                        "blk." + std::to_string(i) + "." + std::string(name.gguf) + part);
        if (!done) return tl::unexpected(done.error());
      }
    }
  }
  return out;
}

Result<gguf::Contents> convert(const std::filesystem::path& folder, gguf::TensorType type) {
  const auto path = folder / "model.safetensors";
  const auto tensors = SafeTensors::open(path);
  if (!tensors) return tl::unexpected(tensors.error());
  const auto vocabulary = WordPiece::open(folder / "vocab.txt");
  if (!vocabulary) return tl::unexpected(vocabulary.error());
  auto contents = convert(*tensors, *vocabulary, type);
  if (!contents) return fail(contents.error().code, path.string() + ": " + contents.error().message);
  return contents;
}

}  // namespace updraft::encode
