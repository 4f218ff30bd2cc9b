#include "learn/weights_io.h"

#include <algorithm>
#include <array>

#include "gguf/convert.h"
#include "gguf/writer.h"
#include "nn/config.h"
#include "suggest/command.h"

namespace updraft::learn {
namespace {

// Special tokens that chat needs; the others of SmolLM2 stood for code and repositories, which we never write.
constexpr std::array<std::string_view, 3> kept_specials = {"<|endoftext|>", "<|im_start|>", "<|im_end|>"};
constexpr std::uint64_t control_type = 3;  // tokenizer.ggml.token_type of a control token

// A tensor of the file and the rows of the parameter that it fills.
struct Part {
  std::string name;
  at::Tensor value;  // contiguous view
};

// The names are llama.cpp's.
std::vector<Part> parts_of(const Model& model) {
  const Parameters& p = model.parameters();
  const Shape& shape = model.shape();
  std::vector<Part> parts;
  const auto add = [&](const std::string& name, const Parameter& parameter) {
    if (parameter.exists()) parts.push_back({name, parameter.value});
  };
  const auto add_norm = [&](const std::string& name, const Norm& norm) {
    add(name + ".weight", norm.scale);
    add(name + ".bias", norm.shift);
  };
  const auto add_linear = [&](const std::string& name, const Linear& linear) {
    add(name + ".weight", linear.matrix);
    add(name + ".bias", linear.bias);
  };
  // A product that the file has as several.
  const auto add_split = [&](const std::string& prefix, const Linear& linear,
                             std::initializer_list<std::pair<const char*, std::int64_t>> names_and_rows) {
    std::int64_t row = 0;
    for (const auto& [name, rows] : names_and_rows) {
      parts.push_back({prefix + name + ".weight", linear.matrix.value.narrow(0, row, rows)});
      row += rows;
    }
  };
  add("token_embd.weight", p.token_embedding);
  add("position_embd.weight", p.position_embedding);
  add_norm("output_norm", p.output_norm);
  for (std::size_t i = 0; i < p.layers.size(); ++i) {
    const Layer& layer = p.layers[i];
    const std::string prefix = "blk." + std::to_string(i) + ".";
    const bool llama = shape.architecture == Architecture::llama;
    add_norm(prefix + "attn_norm", layer.attention_norm);
    if (llama) {
      add_split(prefix, layer.qkv, {{"attn_q", shape.d_model}, {"attn_k", shape.d_kv()}, {"attn_v", shape.d_kv()}});
    } else {
      add_linear(prefix + "attn_qkv", layer.qkv);
    }
    add_linear(prefix + "attn_output", layer.attention_output);
    add_norm(prefix + "ffn_norm", layer.ffn_norm);
    if (llama) {
      add_split(prefix, layer.ffn_in, {{"ffn_gate", shape.d_ff}, {"ffn_up", shape.d_ff}});
    } else {
      add_linear(prefix + "ffn_up", layer.ffn_in);
    }
    add_linear(prefix + "ffn_down", layer.ffn_out);
  }
  return parts;
}

// What a file says about a model that has no base but the vocabulary.
gguf::Contents new_metadata(const gguf::Contents& base, const Shape& shape) {
  gguf::Contents contents;
  const auto integer = [&](const std::string& key, std::int64_t value) {
    contents.metadata.emplace_back("gpt2." + key, static_cast<std::uint32_t>(value));
  };
  contents.metadata.emplace_back("general.architecture", std::string("gpt2"));
  contents.metadata.emplace_back("general.name", std::string());
  integer("block_count", shape.n_layers);
  integer("context_length", shape.n_positions);
  integer("embedding_length", shape.d_model);
  integer("feed_forward_length", shape.d_ff);
  integer("attention.head_count", shape.n_heads);
  contents.metadata.emplace_back("gpt2.attention.layer_norm_epsilon", static_cast<float>(shape.norm_eps));
  for (const auto& [key, value] : base.metadata) {
    if (key.starts_with("tokenizer.")) contents.metadata.emplace_back(key, value);
  }
  return contents;
}

}  // namespace

Result<Shape> shape_of(const gguf::File& file) {
  const auto config = nn::ModelConfig::from(file);
  if (!config) return tl::unexpected(config.error());
  if (file.tensor("output.weight") != nullptr)
    return fail(ErrorCode::unsupported, "the base has an output of its own; the trainer ties it to the embedding");
  return Shape{.architecture = config->architecture,
               .n_vocab = config->vocab_size,
               .n_layers = config->n_layers,
               .d_model = config->d_model,
               .n_heads = config->n_heads,
               .n_kv_heads = config->n_kv_heads,
               .d_ff = config->d_ffn,
               .n_positions = config->context_length,
               .rope_base = config->rope_base,
               .norm_eps = config->norm_epsilon};
}

Result<> load_weights(const gguf::File& file, Model& model) {
  for (Part& part : parts_of(model)) {
    const gguf::Tensor* tensor = file.tensor(part.name);
    const auto n = static_cast<std::size_t>(part.value.numel());
    if (tensor == nullptr || tensor->rows() * tensor->columns() != n ||
        tensor->columns() != static_cast<std::size_t>(part.value.size(-1))) {
      return fail(ErrorCode::corrupt, part.name + " is missing or has another shape");
    }
    gguf::dequantize(tensor->type, tensor->data, {part.value.data_ptr<float>(), n});
  }
  return {};
}

Result<std::vector<text::TokenId>> control_token_ids(const gguf::File& base) {
  const auto tokens = base.strings("tokenizer.ggml.tokens");
  const auto types = base.integers("tokenizer.ggml.token_type");
  if (!tokens) return tl::unexpected(tokens.error());
  if (!types) return tl::unexpected(types.error());
  if (types->size() != tokens->size()) return fail(ErrorCode::corrupt, "tokens and token types differ in number");
  std::vector<text::TokenId> ids;
  const auto wanted = suggest::control_token_names();
  for (std::size_t id = 0; id < tokens->size() && ids.size() < wanted.size(); ++id) {
    const bool free = std::find(kept_specials.begin(), kept_specials.end(), (*tokens)[id]) == kept_specials.end();
    if ((*types)[id] == control_type && free) ids.push_back(static_cast<text::TokenId>(id));
  }
  if (ids.size() < wanted.size()) return fail(ErrorCode::unsupported, "the base has too few unused special tokens");
  return ids;
}

bool has_control_tokens(const text::Tokenizer& tokenizer, const std::vector<text::TokenId>& controls) {
  return tokenizer.control(suggest::control_token_names().front()) == controls.front();
}

Result<> export_weights(const std::filesystem::path& path, const gguf::File& base, const Model& model,
                        const std::vector<text::TokenId>& shortlist, const ExportOptions& options) {
  const auto controls = control_token_ids(base);
  if (!controls) return tl::unexpected(controls.error());
  auto contents = gguf::copy_metadata(base);
  if (!contents) return tl::unexpected(contents.error());
  if (options.from_scratch) *contents = new_metadata(*contents, model.shape());
  std::erase_if(contents->metadata, [](const auto& entry) {
    const std::string& key = entry.first;
    return key == "tokenizer.chat_template" || key == "general.file_type" || key.starts_with("updraft.");
  });
  for (auto& [key, value] : contents->metadata) {
    if (key == "general.name") value = options.name;
    if (key == "tokenizer.ggml.tokens") {
      auto& tokens = std::get<std::vector<std::string>>(value);
      for (std::size_t i = 0; i < controls->size(); ++i) tokens[(*controls)[i]] = suggest::control_token_names()[i];
    }
  }
  contents->metadata.emplace_back("updraft.shortlist", std::vector<std::uint32_t>(shortlist.begin(), shortlist.end()));
  contents->metadata.emplace_back("updraft.training", options.about);
  for (const Part& part : parts_of(model)) {
    const std::span values(part.value.data_ptr<float>(), static_cast<std::size_t>(part.value.numel()));
    auto tensor = gguf::convert(gguf::Tensor{.name = part.name,
                                             .type = gguf::TensorType::f32,
                                             .shape = {part.value.sizes().begin(), part.value.sizes().end()},
                                             .data = std::as_bytes(values)},
                                options.type);
    if (!tensor) return tl::unexpected(tensor.error());
    contents->tensors.push_back(*std::move(tensor));
  }
  return gguf::write(path, *contents);
}

void initialize_controls(const text::Tokenizer& tokenizer, const std::vector<text::TokenId>& controls, Model& model) {
  at::Tensor& embedding = model.parameters().token_embedding.value;
  for (std::size_t i = 0; i < controls.size(); ++i) {
    const std::string_view control = suggest::control_token_names()[i];  // "<|query|>"
    const auto word = tokenizer.encode(" " + std::string(control.substr(2, control.size() - 4)));
    if (!word.empty()) embedding[controls[i]].copy_(embedding[word.front()]);
  }
}

}  // namespace updraft::learn
