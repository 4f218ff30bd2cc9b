#include "learn/blocks.h"

#include <algorithm>
#include <cmath>
#include <type_traits>

#include "learn/gemm.h"

namespace updraft::learn {

using c10::BFloat16;
using std::int64_t;

at::Tensor floats(std::initializer_list<int64_t> sizes) {
  return at::empty(at::IntArrayRef(sizes.begin(), sizes.size()), at::kFloat);
}
at::Tensor halves(std::initializer_list<int64_t> sizes) {
  return at::empty(at::IntArrayRef(sizes.begin(), sizes.size()), at::kBFloat16);
}

void to_half(const at::Tensor& in, const at::Tensor& out) {
  const float* from = in.data_ptr<float>();
  auto* to = out.data_ptr<BFloat16>();
  at::parallel_for(0, in.numel(), 1 << 16, [&](int64_t begin, int64_t end) {
    for (int64_t i = begin; i < end; ++i) to[i] = BFloat16(from[i]);
  });
}

at::Tensor to_half(const at::Tensor& in) {
  at::Tensor out = at::empty(in.sizes(), at::kBFloat16);
  to_half(in, out);
  return out;
}

namespace {

// The sum over n rows of what body(row, sum) adds to its sum of `width` values.
template <class Body>
at::Tensor sum_of_rows(int64_t n, int64_t width, const Body& body) {
  const int64_t n_parts = at::get_num_threads();
  at::Tensor parts = at::zeros({n_parts, width}, at::kFloat);  // one partial sum a thread: the order stays fixed
  const int64_t rows_a_part = (n + n_parts - 1) / n_parts;
  at::parallel_for(0, n_parts, 1, [&](int64_t begin, int64_t end) {
    for (int64_t part = begin; part < end; ++part) {
      float* sum = parts.data_ptr<float>() + part * width;
      for (int64_t row = part * rows_a_part; row < std::min(n, (part + 1) * rows_a_part); ++row) body(row, sum);
    }
  });
  return parts.sum(0);
}

// ---- Norms ----

Normed rms_norm(const at::Tensor& x, const at::Tensor& scale, double eps) {
  const int64_t n = x.size(0), d = x.size(1);
  Normed s{halves({n, d}), {}, floats({n})};
  const float* px = x.data_ptr<float>();
  const float* pg = scale.data_ptr<float>();
  auto* py = s.y.data_ptr<BFloat16>();
  auto* pr = s.inverse.data_ptr<float>();
  for_rows(n, [&](int64_t row) {
    const float* in = px + row * d;
    float sum = 0;
    for (int64_t i = 0; i < d; ++i) sum += in[i] * in[i];
    const float r = 1.0F / std::sqrt(sum / static_cast<float>(d) + static_cast<float>(eps));
    pr[row] = r;
    for (int64_t i = 0; i < d; ++i) py[row * d + i] = BFloat16(in[i] * r * pg[i]);
  });
  return s;
}

void rms_norm_backward(const at::Tensor& dy, const at::Tensor& x, const Parameter& scale, const at::Tensor& inverse,
                       at::Tensor& dx) {
  const int64_t d = x.size(1);
  const auto* pdy = dy.data_ptr<BFloat16>();
  const float* px = x.data_ptr<float>();
  const float* pg = scale.value.data_ptr<float>();
  const float* pr = inverse.data_ptr<float>();
  float* pdx = dx.data_ptr<float>();
  scale.grad.add_(sum_of_rows(x.size(0), d, [&](int64_t row, float* pdg) {
    const float r = pr[row];
    const float* in = px + row * d;
    const BFloat16* grad = pdy + row * d;
    float dot = 0;
    for (int64_t i = 0; i < d; ++i) dot += static_cast<float>(grad[i]) * pg[i] * in[i];
    const float pull = dot * r * r / static_cast<float>(d);
    for (int64_t i = 0; i < d; ++i) {
      const auto g = static_cast<float>(grad[i]);
      pdg[i] += g * in[i] * r;
      pdx[row * d + i] += r * (g * pg[i] - in[i] * pull);
    }
  }));
}

Normed layer_norm(const at::Tensor& x, const at::Tensor& scale, const at::Tensor& shift, double eps) {
  const int64_t n = x.size(0), d = x.size(1);
  Normed s{halves({n, d}), floats({n}), floats({n})};
  const float* px = x.data_ptr<float>();
  const float* pg = scale.data_ptr<float>();
  const float* pb = shift.data_ptr<float>();
  auto* py = s.y.data_ptr<BFloat16>();
  auto* pm = s.mean.data_ptr<float>();
  auto* pr = s.inverse.data_ptr<float>();
  for_rows(n, [&](int64_t row) {
    const float* in = px + row * d;
    float sum = 0, squares = 0;
    for (int64_t i = 0; i < d; ++i) sum += in[i];
    const float mean = sum / static_cast<float>(d);
    for (int64_t i = 0; i < d; ++i) squares += (in[i] - mean) * (in[i] - mean);
    const float r = 1.0F / std::sqrt(squares / static_cast<float>(d) + static_cast<float>(eps));
    pm[row] = mean;
    pr[row] = r;
    for (int64_t i = 0; i < d; ++i) py[row * d + i] = BFloat16((in[i] - mean) * r * pg[i] + pb[i]);
  });
  return s;
}

void layer_norm_backward(const at::Tensor& dy, const at::Tensor& x, const Norm& p, const Normed& s, at::Tensor& dx) {
  const int64_t d = x.size(1);
  const auto* pdy = dy.data_ptr<BFloat16>();
  const float* px = x.data_ptr<float>();
  const float* pg = p.scale.value.data_ptr<float>();
  const float* pm = s.mean.data_ptr<float>();
  const float* pr = s.inverse.data_ptr<float>();
  float* pdx = dx.data_ptr<float>();
  const at::Tensor sums = sum_of_rows(x.size(0), 2 * d, [&](int64_t row, float* dscale) {
    float* dshift = dscale + d;
    const float r = pr[row], mean = pm[row];
    const float* in = px + row * d;
    const BFloat16* grad = pdy + row * d;
    float sum = 0, dot = 0;
    for (int64_t i = 0; i < d; ++i) {
      const float g = static_cast<float>(grad[i]) * pg[i];
      sum += g;
      dot += g * (in[i] - mean) * r;
    }
    sum /= static_cast<float>(d);
    dot /= static_cast<float>(d);
    for (int64_t i = 0; i < d; ++i) {
      const auto g = static_cast<float>(grad[i]);
      const float normed = (in[i] - mean) * r;
      dscale[i] += g * normed;
      dshift[i] += g;
      pdx[row * d + i] += r * (g * pg[i] - sum - normed * dot);
    }
  });
  p.scale.grad.add_(sums.narrow(0, 0, d));
  p.shift.grad.add_(sums.narrow(0, d, d));
}

template <class Number>
void add_bias(at::Tensor& y, const at::Tensor& bias) {
  const int64_t d = y.size(1);
  auto* py = y.data_ptr<Number>();
  const float* pb = bias.data_ptr<float>();
  for_rows(y.size(0), [&](int64_t row) {
    for (int64_t i = 0; i < d; ++i) py[row * d + i] = static_cast<Number>(static_cast<float>(py[row * d + i]) + pb[i]);
  });
}

}  // namespace

Normed norm(const at::Tensor& x, const Norm& p, double eps) {
  return p.shift.exists() ? layer_norm(x, p.scale.value, p.shift.value, eps) : rms_norm(x, p.scale.value, eps);
}

void norm_backward(const at::Tensor& dy, const at::Tensor& x, const Norm& p, const Normed& normed, at::Tensor& dx) {
  p.shift.exists() ? layer_norm_backward(dy, x, p, normed, dx) : rms_norm_backward(dy, x, p.scale, normed.inverse, dx);
}

// ---- Products ----

at::Tensor linear(const at::Tensor& x, const Linear& p) {
  at::Tensor y = halves({x.size(0), p.matrix.half.size(0)});
  gemm(x, p.matrix.half.t(), y);
  if (p.bias.exists()) add_bias<BFloat16>(y, p.bias.value);
  return y;
}

at::Tensor plus_linear(const at::Tensor& y, const at::Tensor& x, const Linear& p) {
  at::Tensor sum = y.clone();
  gemm(x, p.matrix.half.t(), sum, Store::add);
  if (p.bias.exists()) add_bias<float>(sum, p.bias.value);
  return sum;
}

at::Tensor linear_backward(const at::Tensor& dy, const at::Tensor& x, const Linear& p) {
  at::Tensor dx = halves({x.size(0), x.size(1)});
  gemm(dy, p.matrix.half, dx);
  gemm(dy.t(), x, p.matrix.grad, Store::add);
  if (p.bias.exists()) {
    const int64_t d = dy.size(1);
    const auto* grad = dy.data_ptr<BFloat16>();
    p.bias.grad.add_(sum_of_rows(dy.size(0), d, [&](int64_t row, float* sum) {
      for (int64_t i = 0; i < d; ++i) sum[i] += static_cast<float>(grad[row * d + i]);
    }));
  }
  return dx;
}

// ---- Rotary positions ----

namespace {

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

}  // namespace

void rotate(at::Tensor& qkv, const Shape& shape, const std::vector<std::int32_t>& positions) {
  rotate(qkv, shape, positions, /*backward=*/false);
}

void rotate_backward(at::Tensor& dqkv, const Shape& shape, const std::vector<std::int32_t>& positions) {
  rotate(dqkv, shape, positions, /*backward=*/true);
}

// ---- Attention: a token sees about twenty others, so loops over them beat dense matrices with a mask ----

namespace {

// One key and value head of a tree, as floats, with what the loops over its tokens need.
class KeyValueHead {
 public:
  KeyValueHead(const Shape& shape, const BFloat16* qkv, Range tree, int64_t head)
      : shape_(shape),
        qkv_(qkv),
        tree_(tree),
        head_(head),
        k_(gather(shape.n_heads)),
        v_(gather(shape.n_heads + shape.n_kv_heads)) {}

  // Calls body(row, query head) for each token of the tree and each query head that looks here.
  template <class Body>
  void for_queries(const std::vector<Sight>& sights, const Body& body) {
    const int64_t group = shape_.n_heads / shape_.n_kv_heads;
    for (std::int32_t row = tree_.begin; row < tree_.end; ++row) {
      const Sight& sight = sights[row];
      seen_.clear();
      for (const Range range : {sight.prefix, sight.command, Range{sight.own_begin, row + 1}}) {
        for (std::int32_t i = range.begin; i < range.end; ++i) seen_.push_back(i - tree_.begin);
      }
      for (int64_t query = head_ * group; query < (head_ + 1) * group; ++query) body(row, query);
    }
  }

  // Of the token of for_queries: the places in the tree that it sees, and their softmax weights for a query.
  [[nodiscard]] const std::vector<std::int32_t>& seen() const { return seen_; }
  template <class Size>
  const std::vector<float>& weights(const float* query, Size d) {
    const float scale = 1.0F / std::sqrt(static_cast<float>(d));
    weights_.resize(seen_.size());
    float highest = -1e30F;
    for (std::size_t i = 0; i < seen_.size(); ++i) {
      weights_[i] = scale * dot(query, k(seen_[i], d), d);
      highest = std::max(highest, weights_[i]);
    }
    float sum = 0;
    for (float& w : weights_) sum += w = std::exp(w - highest);
    for (float& w : weights_) w /= sum;
    return weights_;
  }

  // [d_head] of the token at a place in the tree
  template <class Size>
  [[nodiscard]] const float* k(int64_t place, Size d) const {
    return k_.data() + place * d;
  }
  template <class Size>
  [[nodiscard]] const float* v(int64_t place, Size d) const {
    return v_.data() + place * d;
  }

  template <class Size>
  static float dot(const float* a, const float* b, Size d) {
    float sum = 0;
    for (int64_t i = 0; i < d; ++i) sum += a[i] * b[i];
    return sum;
  }

 private:
  [[nodiscard]] std::vector<float> gather(int64_t first_head) const {
    const int64_t d = shape_.d_head();
    std::vector<float> values(static_cast<std::size_t>((tree_.end - tree_.begin) * d));
    for (std::int32_t row = tree_.begin; row < tree_.end; ++row) {
      std::copy_n(qkv_ + row * shape_.d_qkv() + (first_head + head_) * d, d, values.data() + (row - tree_.begin) * d);
    }
    return values;
  }

  const Shape& shape_;
  const BFloat16* qkv_;
  Range tree_;
  int64_t head_;
  std::vector<float> k_, v_;  // [tree, d_head]
  std::vector<std::int32_t> seen_;
  std::vector<float> weights_;
};

// `body(tree, key and value head, size of a head)` for all of them, in parallel. The size is a constant where it is the
// usual one: so the compiler can unroll the loops over it.
template <class Body>
void for_heads(const Batch& batch, const Shape& shape, const Body& body) {
  const auto n_trees = static_cast<int64_t>(batch.trees.size());
  at::parallel_for(0, n_trees * shape.n_kv_heads, 1, [&](int64_t begin, int64_t end) {
    for (int64_t i = begin; i < end; ++i) {
      const Range tree = batch.trees[i / shape.n_kv_heads];
      const int64_t head = i % shape.n_kv_heads;
      if (shape.d_head() == 64) {
        body(tree, head, std::integral_constant<int64_t, 64>());
      } else {
        body(tree, head, shape.d_head());
      }
    }
  });
}

}  // namespace

at::Tensor attention(const Batch& batch, const Shape& shape, const at::Tensor& qkv) {
  at::Tensor out = halves({qkv.size(0), shape.d_model});
  const auto* in = qkv.data_ptr<BFloat16>();
  auto* heads = out.data_ptr<BFloat16>();
  for_heads(batch, shape, [&](Range tree, int64_t kv_head, auto d) {
    KeyValueHead kv(shape, in, tree, kv_head);
    std::vector<float> query(static_cast<std::size_t>(d)), sum(query.size());
    kv.for_queries(batch.sights, [&](int64_t row, int64_t head) {
      std::copy_n(in + row * shape.d_qkv() + head * d, d, query.data());
      const std::vector<float>& weights = kv.weights(query.data(), d);
      std::fill(sum.begin(), sum.end(), 0.0F);
      for (std::size_t i = 0; i < weights.size(); ++i) {
        const float* v = kv.v(kv.seen()[i], d);
        for (int64_t j = 0; j < d; ++j) sum[j] += weights[i] * v[j];
      }
      for (int64_t j = 0; j < d; ++j) heads[row * shape.d_model + head * d + j] = BFloat16(sum[j]);
    });
  });
  return out;
}

at::Tensor attention_backward(const Batch& batch, const Shape& shape, const at::Tensor& qkv, const at::Tensor& dheads) {
  at::Tensor dqkv = halves({qkv.size(0), shape.d_qkv()});
  const auto* in = qkv.data_ptr<BFloat16>();
  const auto* dout = dheads.data_ptr<BFloat16>();
  auto* out = dqkv.data_ptr<BFloat16>();
  for_heads(batch, shape, [&](Range tree, int64_t kv_head, auto d) {
    KeyValueHead kv(shape, in, tree, kv_head);
    const float scale = 1.0F / std::sqrt(static_cast<float>(d));
    const auto size = static_cast<std::size_t>(d);
    std::vector<float> query(size), dquery(size), grad(size), dweights;
    std::vector<float> dk(static_cast<std::size_t>(tree.end - tree.begin) * size), dv(dk.size());
    const auto store = [&](const float* from, int64_t row, int64_t head) {
      for (int64_t j = 0; j < d; ++j) out[row * shape.d_qkv() + head * d + j] = BFloat16(from[j]);
    };
    kv.for_queries(batch.sights, [&](int64_t row, int64_t head) {
      std::copy_n(in + row * shape.d_qkv() + head * d, d, query.data());
      std::copy_n(dout + row * shape.d_model + head * d, d, grad.data());
      const std::vector<float>& weights = kv.weights(query.data(), d);
      dweights.resize(weights.size());
      float mean = 0;  // sum of w * dw: the softmax's own pull
      for (std::size_t i = 0; i < weights.size(); ++i) {
        dweights[i] = KeyValueHead::dot(grad.data(), kv.v(kv.seen()[i], d), d);
        mean += weights[i] * dweights[i];
      }
      std::fill(dquery.begin(), dquery.end(), 0.0F);
      for (std::size_t i = 0; i < weights.size(); ++i) {
        const float weight = weights[i], dscore = weight * (dweights[i] - mean) * scale;
        const int64_t place = kv.seen()[i];
        const float* k = kv.k(place, d);
        float* const dk_i = dk.data() + place * d;
        float* const dv_i = dv.data() + place * d;
        for (int64_t j = 0; j < d; ++j) {
          dquery[j] += dscore * k[j];
          dk_i[j] += dscore * query[j];
          dv_i[j] += weight * grad[j];
        }
      }
      store(dquery.data(), row, head);
    });
    for (std::int32_t row = tree.begin; row < tree.end; ++row) {
      store(dk.data() + (row - tree.begin) * d, row, shape.n_heads + kv_head);
      store(dv.data() + (row - tree.begin) * d, row, shape.n_heads + shape.n_kv_heads + kv_head);
    }
  });
  return dqkv;
}

// ---- Activations ----

at::Tensor swiglu(const at::Tensor& gate_up) {
  const int64_t n = gate_up.size(0), d = gate_up.size(1) / 2;
  at::Tensor a = halves({n, d});
  const auto* in = gate_up.data_ptr<BFloat16>();
  auto* out = a.data_ptr<BFloat16>();
  for_rows(n, [&](int64_t row) {
    for (int64_t i = 0; i < d; ++i) {
      const float g = in[row * 2 * d + i], u = in[row * 2 * d + d + i];
      out[row * d + i] = BFloat16(g / (1.0F + std::exp(-g)) * u);
    }
  });
  return a;
}

at::Tensor swiglu_backward(const at::Tensor& da, const at::Tensor& gate_up) {
  const int64_t n = da.size(0), d = da.size(1);
  at::Tensor dgate_up = halves({n, 2 * d});
  const auto* in = gate_up.data_ptr<BFloat16>();
  const auto* grad = da.data_ptr<BFloat16>();
  auto* out = dgate_up.data_ptr<BFloat16>();
  for_rows(n, [&](int64_t row) {
    for (int64_t i = 0; i < d; ++i) {
      const float g = in[row * 2 * d + i], u = in[row * 2 * d + d + i], da_i = grad[row * d + i];
      const float sigmoid = 1.0F / (1.0F + std::exp(-g));
      out[row * 2 * d + i] = BFloat16(da_i * u * sigmoid * (1.0F + g * (1.0F - sigmoid)));
      out[row * 2 * d + d + i] = BFloat16(da_i * g * sigmoid);
    }
  });
  return dgate_up;
}

// (1 + tanh(z)) / 2 = sigmoid(2 z), so gelu(u) = u * sigmoid(2 z) with z = sqrt(2 / pi) * (u + 0.044715 u^3).
namespace {
constexpr float two_root = 1.5957691216F;  // 2 * sqrt(2 / pi)
constexpr float cubic = 0.044715F;
}  // namespace

at::Tensor tanh_gelu(const at::Tensor& up) {
  const int64_t n = up.size(0), d = up.size(1);
  at::Tensor a = halves({n, d});
  const auto* in = up.data_ptr<BFloat16>();
  auto* out = a.data_ptr<BFloat16>();
  for_rows(n, [&](int64_t row) {
    for (int64_t i = row * d; i < (row + 1) * d; ++i) {
      const float u = in[i];
      out[i] = BFloat16(u / (1.0F + std::exp(-two_root * u * (1.0F + cubic * u * u))));
    }
  });
  return a;
}

at::Tensor tanh_gelu_backward(const at::Tensor& da, const at::Tensor& up) {
  const int64_t n = da.size(0), d = da.size(1);
  at::Tensor dup = halves({n, d});
  const auto* in = up.data_ptr<BFloat16>();
  const auto* grad = da.data_ptr<BFloat16>();
  auto* out = dup.data_ptr<BFloat16>();
  for_rows(n, [&](int64_t row) {
    for (int64_t i = row * d; i < (row + 1) * d; ++i) {
      const float u = in[i];
      const float sigmoid = 1.0F / (1.0F + std::exp(-two_root * u * (1.0F + cubic * u * u)));
      const float slope = two_root * (1.0F + 3.0F * cubic * u * u);
      out[i] = BFloat16(static_cast<float>(grad[i]) * sigmoid * (1.0F + u * slope * (1.0F - sigmoid)));
    }
  });
  return dup;
}

}  // namespace updraft::learn
