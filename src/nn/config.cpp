#include "nn/config.h"

#include <cmath>
#include <string>

namespace updraft::nn {
namespace {

// Reads one architecture's keys; the first error is kept and reads after it are idle.
class Reader {
 public:
  Reader(const gguf::File& file, std::string_view architecture)
      : file_(file), prefix_(std::string(architecture) + ".") {}

  int integer(std::string_view key, int min, int max) {
    if (!error_) return min;
    const auto value = file_.integer(prefix_ + std::string(key));
    if (!value) {
      error_ = tl::unexpected<Error>(value.error());
      return min;
    }
    if (*value < static_cast<std::uint64_t>(min) || *value > static_cast<std::uint64_t>(max)) {
      error_ = fail(ErrorCode::corrupt, prefix_ + std::string(key) + " is " + std::to_string(*value) + ", not " +
                                            std::to_string(min) + " to " + std::to_string(max));
      return min;
    }
    return static_cast<int>(*value);
  }
  int integer_or(std::string_view key, int fallback, int min, int max) {
    return has(key) ? integer(key, min, max) : fallback;
  }
  float number(std::string_view key, double min, double max) {
    if (!error_) return static_cast<float>(min);
    const auto value = file_.number(prefix_ + std::string(key));
    if (!value) {
      error_ = tl::unexpected<Error>(value.error());
      return static_cast<float>(min);
    }
    if (!(*value >= min && *value <= max)) {
      error_ = fail(ErrorCode::corrupt, prefix_ + std::string(key) + " is out of its range");
      return static_cast<float>(min);
    }
    return static_cast<float>(*value);
  }
  [[nodiscard]] bool has(std::string_view key) const { return file_.find(prefix_ + std::string(key)) != nullptr; }
  [[nodiscard]] const Result<>& result() const { return error_; }

 private:
  const gguf::File& file_;
  std::string prefix_;
  Result<> error_;
};

// What llama.cpp calls "none" is the absence of scaling.
Result<> check_rope(const gguf::File& file, const Reader& read) {
  if (!read.has("rope.scaling.type")) return {};
  const auto type = file.string("llama.rope.scaling.type");
  if (!type) return tl::unexpected<Error>(type.error());
  if (*type != "none") return fail(ErrorCode::unsupported, "the model scales its rotary positions");
  return {};
}

}  // namespace

Result<ModelConfig> ModelConfig::from(const gguf::File& file) {
  const auto name = file.string("general.architecture");
  if (!name) return tl::unexpected<Error>(name.error());
  ModelConfig c;
  if (*name == "llama") {
    c.architecture = Architecture::llama;
  } else if (*name == "gpt2") {
    c.architecture = Architecture::gpt2;
  } else {
    return fail(ErrorCode::unsupported,
                "architecture '" + std::string(name->substr(0, 32)) + "' is not one of: llama, gpt2");
  }

  Reader read(file, *name);
  c.n_layers = read.integer("block_count", 1, 256);
  c.d_model = read.integer("embedding_length", 32, 16384);
  c.d_ffn = read.integer("feed_forward_length", 32, 65536);
  c.n_heads = read.integer("attention.head_count", 1, 256);
  c.n_kv_heads = read.integer_or("attention.head_count_kv", c.n_heads, 1, 256);
  c.context_length = read.integer("context_length", 1, 1 << 20);
  if (c.architecture == Architecture::llama) {
    c.norm_epsilon = read.number("attention.layer_norm_rms_epsilon", 0, 1);
    if (read.has("rope.freq_base")) c.rope_base = read.number("rope.freq_base", 1, 1e12);
  } else {
    c.norm_epsilon = read.number("attention.layer_norm_epsilon", 0, 1);
  }
  if (!read.result()) return tl::unexpected<Error>(read.result().error());

  if (c.d_model % c.n_heads != 0) return fail(ErrorCode::corrupt, "embedding_length is no multiple of head_count");
  if (c.n_heads % c.n_kv_heads != 0) return fail(ErrorCode::corrupt, "head_count is no multiple of head_count_kv");
  c.head_dim = c.d_model / c.n_heads;
  if (c.head_dim % 16 != 0 || c.head_dim > 256) {
    return fail(ErrorCode::unsupported,
                "attention heads of " + std::to_string(c.head_dim) + " dimensions (multiples of 16 up to 256 are)");
  }
  if (c.d_model % 32 != 0 || c.d_ffn % 32 != 0) {
    return fail(ErrorCode::unsupported, "layers whose widths are no multiples of 32");
  }
  if (c.architecture == Architecture::gpt2 && c.n_kv_heads != c.n_heads) {
    return fail(ErrorCode::unsupported, "gpt2 with fewer key than query heads");
  }
  for (const char* key : {"rope.dimension_count", "attention.key_length", "attention.value_length"}) {
    if (read.integer_or(key, c.head_dim, 1, 1 << 16) != c.head_dim) {
      return fail(ErrorCode::unsupported, std::string(key) + " differs from the size of a head");
    }
  }
  if (!read.result()) return tl::unexpected<Error>(read.result().error());
  if (const auto rope = check_rope(file, read); !rope) return tl::unexpected<Error>(rope.error());

  const gguf::Tensor* embedding = file.tensor("token_embd.weight");
  if (embedding == nullptr) return fail(ErrorCode::corrupt, "tensor token_embd.weight is missing");
  if (embedding->shape.size() != 2 || embedding->shape[0] < 1 || embedding->shape[0] > (1U << 20)) {
    return fail(ErrorCode::corrupt, "token_embd.weight is no matrix of 1 to 1048576 rows");
  }
  c.vocab_size = static_cast<int>(embedding->shape[0]);
  return c;
}

}  // namespace updraft::nn
