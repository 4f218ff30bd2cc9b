#include "nn/reference.h"

#include <algorithm>
#include <cmath>
#include <string>

#include "kernels/packed_matrix.h"
#include "kernels/reference.h"
#include "nn/config.h"

namespace updraft::nn::reference {
namespace {

namespace plain = kernels::reference;
using Vector = std::vector<float>;

class Pass {
 public:
  Pass(const gguf::File& file, const ModelConfig& config, Precision precision)
      : file_(file), c_(config), precision_(precision) {}

  Vector run(std::span<const text::TokenId> tokens) {
    std::vector<Vector> xs;
    for (std::size_t t = 0; t < tokens.size(); ++t) {
      xs.push_back(row("token_embd.weight", static_cast<std::size_t>(tokens[t])));
      if (c_.architecture == Architecture::gpt2) add(xs.back(), row("position_embd.weight", t));
    }
    for (int i = 0; i < c_.n_layers; ++i) {
      const std::string prefix = "blk." + std::to_string(i) + ".";
      attention(xs, prefix);
      for (Vector& x : xs) add(x, feed_forward(norm(x, prefix + "ffn_norm"), prefix));
    }
    Vector out;
    const std::string output = file_.tensor("output.weight") != nullptr ? "output" : "token_embd";
    for (const Vector& x : xs) {
      const Vector logits = linear(norm(x, "output_norm"), output);
      out.insert(out.end(), logits.begin(), logits.end());
    }
    return out;
  }

 private:
  static void add(Vector& x, const Vector& y) {
    for (std::size_t i = 0; i < x.size(); ++i) x[i] += y[i];
  }

  std::span<const std::byte> stored_row(const gguf::Tensor& tensor, std::size_t i) {
    const std::size_t bytes = gguf::row_bytes(tensor.type, tensor.columns());
    return tensor.data.subspan(i * bytes, bytes);
  }
  Vector row(const std::string& name, std::size_t i) {
    const gguf::Tensor& tensor = *file_.tensor(name);
    Vector out(tensor.columns());
    gguf::dequantize(tensor.type, stored_row(tensor, i), out);
    return out;
  }

  Vector norm(const Vector& x, const std::string& name) {
    if (c_.architecture == Architecture::llama) return plain::rms_norm(x, row(name + ".weight", 0), c_.norm_epsilon);
    return plain::layer_norm(x, row(name + ".weight", 0), row(name + ".bias", 0), c_.norm_epsilon);
  }

  Vector linear(const Vector& x, const std::string& name) {
    const gguf::Tensor& w = *file_.tensor(name + ".weight");
    Vector out;
    const bool quantize = precision_ == Precision::as_stored && kernels::is_quantized(w.type);
    const plain::QuantizedRow q = quantize ? plain::quantize(x) : plain::QuantizedRow{};
    for (std::size_t i = 0; i < w.rows(); ++i) {
      out.push_back(quantize ? plain::dot(w.type, stored_row(w, i), q) : plain::dot(w.type, stored_row(w, i), x));
    }
    if (file_.tensor(name + ".bias") != nullptr) add(out, row(name + ".bias", 0));
    return out;
  }

  // Rotates the pairs (2i, 2i + 1), the layout of llama.cpp's files.
  void rotate(float* x, std::size_t position) {
    for (int i = 0; i < c_.head_dim; i += 2) {
      const double angle = static_cast<double>(position) * std::pow(double{c_.rope_base}, -double(i) / c_.head_dim);
      const double a = x[i], b = x[i + 1];
      x[i] = static_cast<float>(a * std::cos(angle) - b * std::sin(angle));
      x[i + 1] = static_cast<float>(a * std::sin(angle) + b * std::cos(angle));
    }
  }

  // Queries, keys and values of one position, one after the other.
  Vector project(const Vector& x, const std::string& prefix, std::size_t position) {
    if (c_.architecture == Architecture::gpt2) return linear(x, prefix + "attn_qkv");
    Vector out = linear(x, prefix + "attn_q");
    for (const char* name : {"attn_k", "attn_v"}) {
      const Vector part = linear(x, prefix + name);
      out.insert(out.end(), part.begin(), part.end());
    }
    for (int head = 0; head < c_.n_heads + c_.n_kv_heads; ++head)
      rotate(out.data() + std::ptrdiff_t{head} * c_.head_dim, position);
    return out;
  }

  void attention(std::vector<Vector>& xs, const std::string& prefix) {
    const auto d = static_cast<std::size_t>(c_.d_model), hd = static_cast<std::size_t>(c_.head_dim);
    std::vector<Vector> qkv;
    for (std::size_t t = 0; t < xs.size(); ++t) {
      qkv.push_back(project(norm(xs[t], prefix + "attn_norm"), prefix, t));
      if (precision_ == Precision::as_stored) {
        for (std::size_t i = d; i < qkv[t].size(); ++i) qkv[t][i] = gguf::f16_to_f32(gguf::f32_to_f16(qkv[t][i]));
      }
    }
    for (std::size_t t = 0; t < xs.size(); ++t) {
      Vector out(d);
      for (int head = 0; head < c_.n_heads; ++head) {
        const auto q = static_cast<std::size_t>(head) * hd;
        const auto key = d + static_cast<std::size_t>(head / (c_.n_heads / c_.n_kv_heads)) * hd;
        const auto value = key + static_cast<std::size_t>(c_.d_kv());
        Vector scores;
        for (std::size_t s = 0; s <= t; ++s) {
          double sum = 0;
          for (std::size_t i = 0; i < hd; ++i) sum += double{qkv[t][q + i]} * qkv[s][key + i];
          scores.push_back(static_cast<float>(sum / std::sqrt(static_cast<double>(hd))));
        }
        scores = plain::softmax(scores);
        for (std::size_t s = 0; s <= t; ++s) {
          for (std::size_t i = 0; i < hd; ++i) out[q + i] += scores[s] * qkv[s][value + i];
        }
      }
      add(xs[t], linear(out, prefix + "attn_output"));
    }
  }

  Vector feed_forward(const Vector& x, const std::string& prefix) {
    Vector hidden = linear(x, prefix + "ffn_up");
    if (c_.architecture == Architecture::llama) {
      const Vector gate = linear(x, prefix + "ffn_gate");
      for (std::size_t i = 0; i < hidden.size(); ++i) hidden[i] *= plain::silu(gate[i]);
    } else {
      for (float& h : hidden) h = plain::gelu(h);
    }
    return linear(hidden, prefix + "ffn_down");
  }

  const gguf::File& file_;
  const ModelConfig& c_;
  const Precision precision_;
};

}  // namespace

Result<std::vector<float>> logits(const gguf::File& file, std::span<const text::TokenId> tokens, Precision precision) {
  const auto config = ModelConfig::from(file);
  if (!config) return tl::unexpected<Error>(config.error());
  return Pass(file, *config, precision).run(tokens);
}

}  // namespace updraft::nn::reference
