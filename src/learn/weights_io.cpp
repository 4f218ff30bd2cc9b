#include "learn/weights_io.h"

#include <algorithm>
#include <array>

#include "gguf/writer.h"
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

std::vector<Part> parts_of(Model& model) {
  Parameters& p = model.parameters();
  const Shape& shape = model.shape();
  std::vector<Part> parts = {{"token_embd.weight", p.token_embedding.value},
                             {"output_norm.weight", p.output_norm.scale.value}};
  for (std::size_t i = 0; i < p.layers.size(); ++i) {
    const Layer& layer = p.layers[i];
    const std::string prefix = "blk." + std::to_string(i) + ".";
    const at::Tensor& qkv = layer.qkv.matrix.value;
    const at::Tensor& gate_up = layer.ffn_in.matrix.value;
    parts.push_back({prefix + "attn_norm.weight", layer.attention_norm.scale.value});
    parts.push_back({prefix + "attn_q.weight", qkv.narrow(0, 0, shape.d_model)});
    parts.push_back({prefix + "attn_k.weight", qkv.narrow(0, shape.d_model, shape.d_kv())});
    parts.push_back({prefix + "attn_v.weight", qkv.narrow(0, shape.d_model + shape.d_kv(), shape.d_kv())});
    parts.push_back({prefix + "attn_output.weight", layer.attention_output.matrix.value});
    parts.push_back({prefix + "ffn_norm.weight", layer.ffn_norm.scale.value});
    parts.push_back({prefix + "ffn_gate.weight", gate_up.narrow(0, 0, shape.d_ff)});
    parts.push_back({prefix + "ffn_up.weight", gate_up.narrow(0, shape.d_ff, shape.d_ff)});
    parts.push_back({prefix + "ffn_down.weight", layer.ffn_out.matrix.value});
  }
  return parts;
}

// Metadata that is carried over from the base as it is, by kind.
gguf::WriteValue rewritten(const gguf::Value& value) {
  struct Visitor {
    gguf::WriteValue operator()(bool v) const { return v; }
    gguf::WriteValue operator()(std::uint64_t v) const { return static_cast<std::uint32_t>(v); }
    gguf::WriteValue operator()(std::int64_t v) const { return static_cast<std::int32_t>(v); }
    gguf::WriteValue operator()(double v) const { return static_cast<float>(v); }
    gguf::WriteValue operator()(std::string_view v) const { return std::string(v); }
    gguf::WriteValue operator()(const std::vector<std::uint64_t>& v) const {
      return std::vector<std::uint32_t>(v.begin(), v.end());
    }
    gguf::WriteValue operator()(const std::vector<std::int64_t>& v) const {
      return std::vector<std::int32_t>(v.begin(), v.end());
    }
    gguf::WriteValue operator()(const std::vector<double>& v) const { return std::vector<float>(v.begin(), v.end()); }
    gguf::WriteValue operator()(const std::vector<std::string_view>& v) const {
      return std::vector<std::string>(v.begin(), v.end());
    }
  };
  return std::visit(Visitor{}, value);
}

}  // namespace

Result<Shape> shape_of(const gguf::File& file) {
  const auto architecture = file.string("general.architecture");
  if (!architecture) return tl::unexpected(architecture.error());
  if (*architecture != "llama")
    return fail(ErrorCode::unsupported, "the trainer fine-tunes Llama models, this is " + std::string(*architecture));
  Shape shape;
  const gguf::Tensor* embedding = file.tensor("token_embd.weight");
  if (embedding == nullptr) return fail(ErrorCode::corrupt, "token_embd.weight is missing");
  shape.n_vocab = static_cast<std::int64_t>(embedding->rows());
  const auto read = [&](std::string_view key, std::int64_t& out) -> Result<> {
    const auto value = file.integer(key);
    if (!value) return tl::unexpected(value.error());
    if (*value == 0 || *value > 1 << 20) return fail(ErrorCode::corrupt, std::string(key) + " is out of range");
    out = static_cast<std::int64_t>(*value);
    return {};
  };
  for (const auto& [key, field] : {std::pair{"llama.block_count", &shape.n_layers},
                                   {"llama.embedding_length", &shape.d_model},
                                   {"llama.attention.head_count", &shape.n_heads},
                                   {"llama.attention.head_count_kv", &shape.n_kv_heads},
                                   {"llama.feed_forward_length", &shape.d_ff}}) {
    if (auto done = read(key, *field); !done) return tl::unexpected(done.error());
  }
  const auto base = file.number("llama.rope.freq_base");
  const auto eps = file.number("llama.attention.layer_norm_rms_epsilon");
  if (!base) return tl::unexpected(base.error());
  if (!eps) return tl::unexpected(eps.error());
  shape.rope_base = *base;
  shape.norm_eps = *eps;
  if (shape.d_model % (2 * shape.n_heads) != 0 || shape.n_heads % shape.n_kv_heads != 0) {
    return fail(ErrorCode::corrupt, "the head counts do not divide the model's width");
  }
  return shape;
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

Result<> export_weights(const std::filesystem::path& path, const gguf::File& base, Model& model,
                        const std::vector<text::TokenId>& shortlist, const ExportOptions& options) {
  const auto controls = control_token_ids(base);
  if (!controls) return tl::unexpected(controls.error());
  gguf::Contents contents;
  for (const auto& [key, value] : base.metadata()) {
    if (key == "tokenizer.chat_template" || key == "general.file_type" || key.starts_with("updraft.")) continue;
    contents.metadata.emplace_back(key, rewritten(value));
    auto& written = contents.metadata.back().second;
    if (key == "general.name") written = std::string("updraft-135m");
    if (key == "tokenizer.ggml.tokens") {
      auto& tokens = std::get<std::vector<std::string>>(written);
      for (std::size_t i = 0; i < controls->size(); ++i) tokens[(*controls)[i]] = suggest::control_token_names()[i];
    }
  }
  contents.metadata.emplace_back("updraft.shortlist", std::vector<std::uint32_t>(shortlist.begin(), shortlist.end()));
  contents.metadata.emplace_back("updraft.training", options.about);
  for (const Part& part : parts_of(model)) {
    const bool embedding = part.name == "token_embd.weight";
    gguf::WriteTensor tensor;
    tensor.name = part.name;
    tensor.type = part.value.dim() == 1                                 ? gguf::TensorType::f32
                  : embedding && options.type == gguf::TensorType::q4_0 ? gguf::TensorType::q8_0
                                                                        : options.type;
    for (const std::int64_t size : part.value.sizes()) tensor.shape.push_back(static_cast<std::uint64_t>(size));
    const auto columns = static_cast<std::size_t>(part.value.size(-1));
    const auto n = static_cast<std::size_t>(part.value.numel());
    tensor.data.resize(n / columns * gguf::row_bytes(tensor.type, columns));
    gguf::quantize(tensor.type, {part.value.data_ptr<float>(), n}, tensor.data);
    contents.tensors.push_back(std::move(tensor));
  }
  return gguf::write(path, contents);
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
