#include "learn/model.h"

#include <ATen/Parallel.h>

#include <algorithm>
#include <cmath>

#include "gguf/types.h"
#include "learn/gemm.h"

namespace updraft::learn {
namespace {

using c10::BFloat16;
using std::int64_t;

at::Tensor floats(std::initializer_list<int64_t> sizes) {
  return at::empty(at::IntArrayRef(sizes.begin(), sizes.size()), at::kFloat);
}
at::Tensor halves(std::initializer_list<int64_t> sizes) {
  return at::empty(at::IntArrayRef(sizes.begin(), sizes.size()), at::kBFloat16);
}

// Rows in parallel; `body(row)`.
template <class Body>
void for_rows(int64_t n, const Body& body) {
  at::parallel_for(0, n, 64, [&](int64_t begin, int64_t end) {
    for (int64_t row = begin; row < end; ++row) body(row);
  });
}

// ---- RMSNorm: y = x / rms(x) * g (arXiv 1910.07467) ----

void rms_norm(const at::Tensor& x, const at::Tensor& gain, double eps, at::Tensor& y, at::Tensor& inverse_rms) {
  const int64_t d = x.size(1);
  const float* px = x.data_ptr<float>();
  const float* pg = gain.data_ptr<float>();
  auto* py = y.data_ptr<BFloat16>();
  auto* pr = inverse_rms.data_ptr<float>();
  for_rows(x.size(0), [&](int64_t row) {
    const float* in = px + row * d;
    float sum = 0;
    for (int64_t i = 0; i < d; ++i) sum += in[i] * in[i];
    const float r = 1.0F / std::sqrt(sum / static_cast<float>(d) + static_cast<float>(eps));
    pr[row] = r;
    for (int64_t i = 0; i < d; ++i) py[row * d + i] = BFloat16(in[i] * r * pg[i]);
  });
}

// dx += d(rms_norm)/dx * dy, dgain += ...
void rms_norm_backward(const at::Tensor& dy, const at::Tensor& x, const at::Tensor& gain, const at::Tensor& inverse_rms,
                       at::Tensor& dx, const at::Tensor& dgain) {
  const int64_t d = x.size(1);
  const auto* pdy = dy.data_ptr<BFloat16>();
  const float* px = x.data_ptr<float>();
  const float* pg = gain.data_ptr<float>();
  const float* pr = inverse_rms.data_ptr<float>();
  float* pdx = dx.data_ptr<float>();
  const int64_t n_parts = at::get_num_threads();
  at::Tensor parts = at::zeros({n_parts, d}, at::kFloat);  // one partial sum a thread: the order stays fixed
  const int64_t rows_a_part = (x.size(0) + n_parts - 1) / n_parts;
  at::parallel_for(0, n_parts, 1, [&](int64_t begin, int64_t end) {
    for (int64_t part = begin; part < end; ++part) {
      float* pdg = parts.data_ptr<float>() + part * d;
      for (int64_t row = part * rows_a_part; row < std::min(x.size(0), (part + 1) * rows_a_part); ++row) {
        const float r = pr[row];
        const float* in = px + row * d;
        const BFloat16* grad = pdy + row * d;
        float dot = 0;
        for (int64_t i = 0; i < d; ++i) dot += static_cast<float>(grad[i]) * pg[i] * in[i];
        const float scale = dot * r * r / static_cast<float>(d);
        for (int64_t i = 0; i < d; ++i) {
          const auto g = static_cast<float>(grad[i]);
          pdg[i] += g * in[i] * r;
          pdx[row * d + i] += r * (g * pg[i] - in[i] * scale);
        }
      }
    }
  });
  dgain.add_(parts.sum(0));
}

// ---- Rotary positions on interleaved pairs (arXiv 2104.09864), in place on the q and k parts of qkv ----

void rotate(at::Tensor& qkv, const Shape& shape, const std::vector<std::int32_t>& positions, bool backward) {
  const int64_t pairs = shape.d_head() / 2, heads = shape.n_heads + shape.n_kv_heads;
  std::vector<float> frequency(static_cast<std::size_t>(pairs));
  for (int64_t i = 0; i < pairs; ++i) {
    frequency[i] = static_cast<float>(std::pow(shape.rope_base, -static_cast<double>(i) / static_cast<double>(pairs)));
  }
  auto* data = qkv.data_ptr<BFloat16>();
  const int64_t stride = shape.d_qkv();
  for_rows(qkv.size(0), [&](int64_t row) {
    for (int64_t i = 0; i < pairs; ++i) {
      const float angle = static_cast<float>(positions[row]) * frequency[i];
      const float c = std::cos(angle), s = backward ? -std::sin(angle) : std::sin(angle);
      for (int64_t head = 0; head < heads; ++head) {
        BFloat16* pair = data + row * stride + head * shape.d_head() + 2 * i;
        const float a = pair[0], b = pair[1];
        pair[0] = BFloat16(a * c - b * s);
        pair[1] = BFloat16(a * s + b * c);
      }
    }
  });
}

// ---- Attention over what a token sees: its prefix, its command, its own prompt up to itself ----
// A token sees about twenty others, so plain loops beat dense matrices with a mask.

struct HeadView {
  const Shape& shape;
  const BFloat16* qkv;
  [[nodiscard]] const BFloat16* q(int64_t row, int64_t head) const {
    return qkv + row * shape.d_qkv() + head * shape.d_head();
  }
  [[nodiscard]] const BFloat16* k(int64_t row, int64_t kv) const { return q(row, shape.n_heads + kv); }
  [[nodiscard]] const BFloat16* v(int64_t row, int64_t kv) const {
    return q(row, shape.n_heads + shape.n_kv_heads + kv);
  }
};

float dot(const BFloat16* a, const BFloat16* b, int64_t n) {
  float sum = 0;
  for (int64_t i = 0; i < n; ++i) sum += static_cast<float>(a[i]) * static_cast<float>(b[i]);
  return sum;
}

void visible(const Sight& sight, std::int32_t row, std::vector<std::int32_t>& seen) {
  seen.clear();
  for (const Range range : {sight.prefix, sight.command, Range{sight.own_begin, row + 1}}) {
    for (std::int32_t i = range.begin; i < range.end; ++i) seen.push_back(i);
  }
}

// Softmax weights of one (row, head) over `seen`.
void attention_weights(const HeadView& view, int64_t row, int64_t head, const std::vector<std::int32_t>& seen,
                       std::vector<float>& weights) {
  const int64_t kv = head * view.shape.n_kv_heads / view.shape.n_heads, d = view.shape.d_head();
  const float scale = 1.0F / std::sqrt(static_cast<float>(d));
  weights.resize(seen.size());
  float highest = -1e30F;
  for (std::size_t i = 0; i < seen.size(); ++i) {
    weights[i] = scale * dot(view.q(row, head), view.k(seen[i], kv), d);
    highest = std::max(highest, weights[i]);
  }
  float sum = 0;
  for (float& w : weights) sum += w = std::exp(w - highest);
  for (float& w : weights) w /= sum;
}

template <class Body>
void for_trees(const Batch& batch, const Body& body) {  // body(first row, end row)
  at::parallel_for(0, static_cast<int64_t>(batch.trees.size()), 1, [&](int64_t begin, int64_t end) {
    for (int64_t tree = begin; tree < end; ++tree) body(batch.trees[tree]);
  });
}

void attention(const Batch& batch, const Shape& shape, const at::Tensor& qkv, at::Tensor& out) {
  const HeadView view{shape, qkv.data_ptr<BFloat16>()};
  auto* po = out.data_ptr<BFloat16>();
  const int64_t d = shape.d_head();
  for_trees(batch, [&](Range tree) {
    std::vector<std::int32_t> seen;
    std::vector<float> weights, sum(static_cast<std::size_t>(d));
    for (std::int32_t row = tree.begin; row < tree.end; ++row) {
      visible(batch.sights[row], row, seen);
      for (int64_t head = 0; head < shape.n_heads; ++head) {
        attention_weights(view, row, head, seen, weights);
        std::fill(sum.begin(), sum.end(), 0.0F);
        for (std::size_t i = 0; i < seen.size(); ++i) {
          const BFloat16* v = view.v(seen[i], head * shape.n_kv_heads / shape.n_heads);
          for (int64_t j = 0; j < d; ++j) sum[j] += weights[i] * static_cast<float>(v[j]);
        }
        for (int64_t j = 0; j < d; ++j) po[row * shape.d_model + head * d + j] = BFloat16(sum[j]);
      }
    }
  });
}

// dqkv [n_tokens, d_qkv] float, zero on entry.
void attention_backward(const Batch& batch, const Shape& shape, const at::Tensor& qkv, const at::Tensor& dout,
                        at::Tensor& dqkv) {
  const HeadView view{shape, qkv.data_ptr<BFloat16>()};
  const auto* pdo = dout.data_ptr<BFloat16>();
  float* pd = dqkv.data_ptr<float>();
  const int64_t d = shape.d_head();
  const float scale = 1.0F / std::sqrt(static_cast<float>(d));
  for_trees(batch, [&](Range tree) {
    std::vector<std::int32_t> seen;
    std::vector<float> weights, dweights;
    for (std::int32_t row = tree.begin; row < tree.end; ++row) {
      visible(batch.sights[row], row, seen);
      for (int64_t head = 0; head < shape.n_heads; ++head) {
        const int64_t kv = head * shape.n_kv_heads / shape.n_heads;
        const BFloat16* grad = pdo + row * shape.d_model + head * d;
        attention_weights(view, row, head, seen, weights);
        dweights.resize(seen.size());
        float mean = 0;  // sum of w * dw: the softmax's own pull
        for (std::size_t i = 0; i < seen.size(); ++i) {
          dweights[i] = dot(grad, view.v(seen[i], kv), d);
          mean += weights[i] * dweights[i];
        }
        float* dq = pd + row * shape.d_qkv() + head * d;
        const BFloat16* q = view.q(row, head);
        for (std::size_t i = 0; i < seen.size(); ++i) {
          const float dscore = weights[i] * (dweights[i] - mean) * scale;
          float* dk = pd + seen[i] * shape.d_qkv() + shape.d_model + kv * d;
          float* dv = dk + shape.d_kv();
          const BFloat16* k = view.k(seen[i], kv);
          for (int64_t j = 0; j < d; ++j) {
            dq[j] += dscore * static_cast<float>(k[j]);
            dk[j] += dscore * static_cast<float>(q[j]);
            dv[j] += weights[i] * static_cast<float>(grad[j]);
          }
        }
      }
    }
  });
}

// ---- SwiGLU: a = silu(gate) * up (arXiv 2002.05202) ----

void swiglu(const at::Tensor& gate_up, at::Tensor& a) {
  const int64_t d = a.size(1);
  const auto* in = gate_up.data_ptr<BFloat16>();
  auto* out = a.data_ptr<BFloat16>();
  for_rows(a.size(0), [&](int64_t row) {
    for (int64_t i = 0; i < d; ++i) {
      const float g = in[row * 2 * d + i], u = in[row * 2 * d + d + i];
      out[row * d + i] = BFloat16(g / (1.0F + std::exp(-g)) * u);
    }
  });
}

void swiglu_backward(const at::Tensor& da, const at::Tensor& gate_up, at::Tensor& dgate_up) {
  const int64_t d = da.size(1);
  const auto* in = gate_up.data_ptr<BFloat16>();
  const auto* grad = da.data_ptr<BFloat16>();
  auto* out = dgate_up.data_ptr<BFloat16>();
  for_rows(da.size(0), [&](int64_t row) {
    for (int64_t i = 0; i < d; ++i) {
      const float g = in[row * 2 * d + i], u = in[row * 2 * d + d + i], da_i = grad[row * d + i];
      const float sigmoid = 1.0F / (1.0F + std::exp(-g));
      out[row * 2 * d + i] = BFloat16(da_i * u * sigmoid * (1.0F + g * (1.0F - sigmoid)));
      out[row * 2 * d + d + i] = BFloat16(da_i * g * sigmoid);
    }
  });
}

void to_half(const at::Tensor& in, const at::Tensor& out) {
  const float* from = in.data_ptr<float>();
  auto* to = out.data_ptr<BFloat16>();
  at::parallel_for(0, in.numel(), 1 << 16, [&](int64_t begin, int64_t end) {
    for (int64_t i = begin; i < end; ++i) to[i] = BFloat16(from[i]);
  });
}

void to_half_through_q4_0(const at::Tensor& in, const at::Tensor& out) {
  const float* from = in.data_ptr<float>();
  auto* to = out.data_ptr<BFloat16>();
  constexpr int64_t chunk = 4096;  // a multiple of the block size
  at::parallel_for(0, (in.numel() + chunk - 1) / chunk, 16, [&](int64_t begin, int64_t end) {
    std::vector<std::byte> packed(gguf::row_bytes(gguf::TensorType::q4_0, chunk));
    std::vector<float> grid(chunk);
    for (int64_t i = begin * chunk; i < std::min(in.numel(), end * chunk); i += chunk) {
      const auto n = static_cast<std::size_t>(std::min(chunk, in.numel() - i));
      const std::span bytes(packed.data(), gguf::row_bytes(gguf::TensorType::q4_0, n));
      gguf::quantize(gguf::TensorType::q4_0, {from + i, n}, bytes);
      gguf::dequantize(gguf::TensorType::q4_0, bytes, {grid.data(), n});
      for (std::size_t j = 0; j < n; ++j) to[i + static_cast<int64_t>(j)] = BFloat16(grid[j]);
    }
  });
}

// What the forward pass of a layer leaves behind for its backward pass.
struct LayerState {
  at::Tensor x;                      // float [n, d_model], the layer's input
  at::Tensor attention_in;           // bf16 [n, d_model]
  at::Tensor attention_inverse_rms;  // [n]
  at::Tensor qkv;                    // bf16 [n, d_qkv], q and k rotated
  at::Tensor heads;                  // bf16 [n, d_model]
  at::Tensor middle;                 // float [n, d_model], after attention
  at::Tensor ffn_in;                 // bf16 [n, d_model]
  at::Tensor ffn_inverse_rms;        // [n]
  at::Tensor gate_up;                // bf16 [n, 2 * d_ff]
  at::Tensor activation;             // bf16 [n, d_ff]
};

LayerState forward(const LayerParameters& p, const Shape& shape, const Batch& batch, const at::Tensor& x,
                   at::Tensor& y) {
  const int64_t n = x.size(0);
  LayerState s{
      x,         halves({n, shape.d_model}), floats({n}), halves({n, shape.d_qkv()}),  halves({n, shape.d_model}),
      x.clone(), halves({n, shape.d_model}), floats({n}), halves({n, 2 * shape.d_ff}), halves({n, shape.d_ff})};
  rms_norm(x, p.attention_norm.value, shape.norm_eps, s.attention_in, s.attention_inverse_rms);
  gemm(s.attention_in, p.qkv.half.t(), s.qkv);
  rotate(s.qkv, shape, batch.positions, /*backward=*/false);
  attention(batch, shape, s.qkv, s.heads);
  gemm(s.heads, p.attention_out.half.t(), s.middle, Store::add);
  rms_norm(s.middle, p.ffn_norm.value, shape.norm_eps, s.ffn_in, s.ffn_inverse_rms);
  gemm(s.ffn_in, p.gate_up.half.t(), s.gate_up);
  swiglu(s.gate_up, s.activation);
  y = s.middle.clone();
  gemm(s.activation, p.down.half.t(), y, Store::add);
  return s;
}

// dx: the gradient of the layer's output on entry, of its input on return.
void backward(const LayerParameters& p, const LayerState& s, const Shape& shape, const Batch& batch, at::Tensor& dx) {
  const int64_t n = dx.size(0);
  at::Tensor dhalf = halves({n, shape.d_model});
  at::Tensor dnorm = halves({n, shape.d_model});

  to_half(dx, dhalf);
  at::Tensor dactivation = halves({n, shape.d_ff});
  gemm(dhalf, p.down.half, dactivation);
  gemm(dhalf.t(), s.activation, p.down.grad, Store::add);
  at::Tensor dgate_up = halves({n, 2 * shape.d_ff});
  swiglu_backward(dactivation, s.gate_up, dgate_up);
  gemm(dgate_up, p.gate_up.half, dnorm);
  gemm(dgate_up.t(), s.ffn_in, p.gate_up.grad, Store::add);
  rms_norm_backward(dnorm, s.middle, p.ffn_norm.value, s.ffn_inverse_rms, dx, p.ffn_norm.grad);

  to_half(dx, dhalf);
  at::Tensor dheads = halves({n, shape.d_model});
  gemm(dhalf, p.attention_out.half, dheads);
  gemm(dhalf.t(), s.heads, p.attention_out.grad, Store::add);
  at::Tensor dqkv_float = at::zeros({n, shape.d_qkv()}, at::kFloat);
  attention_backward(batch, shape, s.qkv, dheads, dqkv_float);
  at::Tensor dqkv = halves({n, shape.d_qkv()});
  to_half(dqkv_float, dqkv);
  rotate(dqkv, shape, batch.positions, /*backward=*/true);
  gemm(dqkv, p.qkv.half, dnorm);
  gemm(dqkv.t(), s.attention_in, p.qkv.grad, Store::add);
  rms_norm_backward(dnorm, s.x, p.attention_norm.value, s.attention_inverse_rms, dx, p.attention_norm.grad);
}

// Replaces logits [n, n_rows] by (softmax - onehot) * scale as bfloat16 in `gradient` and returns the summed loss.
double cross_entropy(const at::Tensor& logits, std::span<const std::int32_t> targets, float scale,
                     at::Tensor* gradient) {
  const int64_t n = logits.size(0), width = logits.size(1);
  const float* in = logits.data_ptr<float>();
  std::vector<double> losses(static_cast<std::size_t>(n));
  for_rows(n, [&](int64_t row) {
    const float* x = in + row * width;
    float highest = x[0];
    for (int64_t i = 1; i < width; ++i) highest = std::max(highest, x[i]);
    float sum = 0;
    for (int64_t i = 0; i < width; ++i) sum += std::exp(x[i] - highest);
    losses[row] = std::log(sum) + highest - x[targets[row]];
    if (gradient == nullptr) return;
    auto* out = gradient->data_ptr<BFloat16>() + row * width;
    const float factor = scale / sum;
    for (int64_t i = 0; i < width; ++i) out[i] = BFloat16(std::exp(x[i] - highest) * factor);
    const int64_t target = targets[row];
    out[target] = BFloat16(std::exp(x[target] - highest) * factor - scale);
  });
  double total = 0;
  for (const double loss : losses) total += loss;
  return total;
}

}  // namespace

Parameters::Parameters(const Shape& shape) {
  const int64_t d = shape.d_model;
  const int64_t matrices = shape.n_layers * (shape.d_qkv() * d + d * d + 3 * shape.d_ff * d);
  const int64_t total = shape.n_vocab * d + matrices + (2 * shape.n_layers + 1) * d;
  value = at::zeros({total}, at::kFloat);
  grad = at::zeros({total}, at::kFloat);
  half_ = at::zeros({matrices}, at::kBFloat16);
  int64_t next = 0, next_half = 0;
  const auto vector = [&](int64_t n) {
    Parameter p{value.narrow(0, next, n), grad.narrow(0, next, n), {}};
    next += n;
    return p;
  };
  const auto matrix = [&](int64_t rows, int64_t columns, bool with_half = true) {
    Parameter p = vector(rows * columns);
    p.value = p.value.view({rows, columns});
    p.grad = p.grad.view({rows, columns});
    if (with_half) {
      p.half = half_.narrow(0, next_half, rows * columns).view({rows, columns});
      next_half += rows * columns;
    }
    return p;
  };
  embedding = matrix(shape.n_vocab, d, false);
  for (int64_t layer = 0; layer < shape.n_layers; ++layer) {
    LayerParameters p;
    p.attention_norm = vector(d);
    p.qkv = matrix(shape.d_qkv(), d);
    p.attention_out = matrix(d, d);
    p.ffn_norm = vector(d);
    p.gate_up = matrix(2 * shape.d_ff, d);
    p.down = matrix(d, shape.d_ff);
    layers.push_back(p);
  }
  output_norm = vector(d);
}

void Parameters::refresh_halves(bool quantized) {
  for (LayerParameters& layer : layers) {
    for (Parameter* p : {&layer.qkv, &layer.attention_out, &layer.gate_up, &layer.down}) {
      quantized ? to_half_through_q4_0(p->value, p->half) : to_half(p->value, p->half);
    }
  }
}

LossSum Model::loss(const Batch& batch, const OutputRows& rows, int64_t terms) {
  at::NoGradGuard no_autograd;
  const bool gradients = terms > 0;
  const int64_t n = static_cast<int64_t>(batch.tokens.size()), d = shape_.d_model;
  const auto n_terms = static_cast<int64_t>(batch.loss.size());
  const float* embedding = parameters_.embedding.value.data_ptr<float>();

  at::Tensor x = floats({n, d});
  for_rows(n, [&](int64_t row) { std::copy_n(embedding + batch.tokens[row] * d, d, x.data_ptr<float>() + row * d); });
  std::vector<LayerState> states;
  for (const LayerParameters& layer : parameters_.layers) {
    at::Tensor y;
    LayerState state = forward(layer, shape_, batch, x, y);
    if (gradients) states.push_back(std::move(state));
    x = y;
  }

  // Output: only the rows that predict something, a chunk at a time, so that the logits never exist as a whole.
  at::Tensor last = floats({n_terms, d});
  for_rows(n_terms, [&](int64_t i) {
    std::copy_n(x.data_ptr<float>() + batch.loss[i].row * d, d, last.data_ptr<float>() + i * d);
  });
  at::Tensor normed = halves({n_terms, d});
  at::Tensor inverse_rms = floats({n_terms});
  rms_norm(last, parameters_.output_norm.value, shape_.norm_eps, normed, inverse_rms);
  const auto n_rows = static_cast<int64_t>(rows.tokens.size());
  at::Tensor output = halves({n_rows, d});
  for_rows(n_rows, [&](int64_t row) {
    const float* from = embedding + rows.tokens[row] * d;
    auto* to = output.data_ptr<BFloat16>() + row * d;
    for (int64_t i = 0; i < d; ++i) to[i] = BFloat16(from[i]);
  });
  at::Tensor doutput = gradients ? at::zeros({n_rows, d}, at::kFloat) : at::Tensor();
  at::Tensor dnormed = halves({n_terms, d});
  double nats = 0;
  constexpr int64_t chunk = 512;
  for (int64_t begin = 0; begin < n_terms; begin += chunk) {
    const int64_t size = std::min(chunk, n_terms - begin);
    std::vector<std::int32_t> targets(static_cast<std::size_t>(size));
    for (int64_t i = 0; i < size; ++i) targets[i] = rows.row_of_token[batch.loss[begin + i].target];
    at::Tensor logits = floats({size, n_rows});
    gemm(normed.narrow(0, begin, size), output.t(), logits);
    at::Tensor dlogits = gradients ? halves({size, n_rows}) : at::Tensor();
    nats += cross_entropy(logits, targets, 1.0F / static_cast<float>(terms), gradients ? &dlogits : nullptr);
    if (!gradients) continue;
    gemm(dlogits, output, dnormed.narrow(0, begin, size));
    gemm(dlogits.t(), normed.narrow(0, begin, size), doutput, Store::add);
  }
  if (!gradients) return {nats, n_terms};

  float* dembedding = parameters_.embedding.grad.data_ptr<float>();
  for_rows(n_rows, [&](int64_t row) {
    const float* from = doutput.data_ptr<float>() + row * d;
    float* to = dembedding + rows.tokens[row] * d;
    for (int64_t i = 0; i < d; ++i) to[i] += from[i];
  });
  at::Tensor dlast = at::zeros({n_terms, d}, at::kFloat);
  rms_norm_backward(dnormed, last, parameters_.output_norm.value, inverse_rms, dlast, parameters_.output_norm.grad);
  at::Tensor dx = at::zeros({n, d}, at::kFloat);
  const auto scatter = [&](int64_t n_from, const at::Tensor& from, auto row_of, float* to) {
    for (int64_t i = 0; i < n_from; ++i) {  // in order: several may meet in one row
      const float* in = from.data_ptr<float>() + i * d;
      float* out = to + row_of(i) * d;
      for (int64_t j = 0; j < d; ++j) out[j] += in[j];
    }
  };
  scatter(
      n_terms, dlast, [&](int64_t i) { return static_cast<int64_t>(batch.loss[i].row); }, dx.data_ptr<float>());
  for (std::size_t layer = states.size(); layer-- > 0;) {
    backward(parameters_.layers[layer], states[layer], shape_, batch, dx);
    states.pop_back();
  }
  scatter(
      n, dx, [&](int64_t i) { return static_cast<int64_t>(batch.tokens[i]); }, dembedding);
  return {nats, n_terms};
}

}  // namespace updraft::learn
