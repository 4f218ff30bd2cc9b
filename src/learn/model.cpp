#include "learn/model.h"

#include <algorithm>
#include <cmath>

#include "learn/gemm.h"
#include "learn/layer.h"

namespace updraft::learn {
namespace {

using c10::BFloat16;
using std::int64_t;

// to[row_of(i)] += from[i], in order: several may meet in one row.
template <class RowOf>
void scatter(const at::Tensor& from, const RowOf& row_of, const at::Tensor& to) {
  const int64_t d = from.size(1);
  for (int64_t i = 0; i < from.size(0); ++i) {
    const float* in = from.data_ptr<float>() + i * d;
    float* out = to.data_ptr<float>() + row_of(i) * d;
    for (int64_t j = 0; j < d; ++j) out[j] += in[j];
  }
}

// float [n_tokens, d_model]
at::Tensor embed(const Parameters& p, const Batch& batch) {
  const auto n = static_cast<int64_t>(batch.tokens.size()), d = p.token_embedding.value.size(1);
  const float* tokens = p.token_embedding.value.data_ptr<float>();
  at::Tensor x = floats({n, d});
  for_rows(n, [&](int64_t row) { std::copy_n(tokens + batch.tokens[row] * d, d, x.data_ptr<float>() + row * d); });
  if (!p.position_embedding.exists()) return x;
  const float* positions = p.position_embedding.value.data_ptr<float>();
  for_rows(n, [&](int64_t row) {
    const float* from = positions + batch.positions[row] * d;
    float* to = x.data_ptr<float>() + row * d;
    for (int64_t i = 0; i < d; ++i) to[i] += from[i];
  });
  return x;
}

void embed_backward(const Parameters& p, const Batch& batch, const at::Tensor& dx) {
  const auto row_in = [](const auto& indices) { return [&](int64_t i) { return static_cast<int64_t>(indices[i]); }; };
  scatter(dx, row_in(batch.tokens), p.token_embedding.grad);
  if (p.position_embedding.exists()) scatter(dx, row_in(batch.positions), p.position_embedding.grad);
}

// The summed loss of logits [n, width], of which only the first n_rows columns and the first rows, one a target, count.
// Into `gradient`, when there is one, go (softmax - onehot) * scale as bfloat16, and zeros where nothing counts.
double cross_entropy(const at::Tensor& logits, int64_t n_rows, std::span<const std::int32_t> targets, float scale,
                     at::Tensor* gradient) {
  const int64_t n = logits.size(0), width = logits.size(1);
  const float* in = logits.data_ptr<float>();
  std::vector<double> losses(targets.size());
  for_rows(n, [&](int64_t row) {
    auto* out = gradient == nullptr ? nullptr : gradient->data_ptr<BFloat16>() + row * width;
    if (row >= static_cast<int64_t>(targets.size())) {
      if (out != nullptr) std::fill_n(out, width, BFloat16(0.0F));
      return;
    }
    const float* x = in + row * width;
    float highest = x[0];
    for (int64_t i = 1; i < n_rows; ++i) highest = std::max(highest, x[i]);
    float sum = 0;
    for (int64_t i = 0; i < n_rows; ++i) sum += std::exp(x[i] - highest);
    losses[row] = std::log(sum) + highest - x[targets[row]];
    if (out == nullptr) return;
    const float factor = scale / sum;
    for (int64_t i = 0; i < n_rows; ++i) out[i] = BFloat16(std::exp(x[i] - highest) * factor);
    std::fill(out + n_rows, out + width, BFloat16(0.0F));
    const int64_t target = targets[row];
    out[target] = BFloat16(std::exp(x[target] - highest) * factor - scale);
  });
  double total = 0;
  for (const double loss : losses) total += loss;
  return total;
}

int64_t round_up(int64_t n, int64_t step) { return (n + step - 1) / step * step; }

}  // namespace

LossSum Model::loss(const Batch& batch, const OutputRows& rows, int64_t terms) {
  at::NoGradGuard no_autograd;
  const bool gradients = terms > 0;
  const int64_t n = static_cast<int64_t>(batch.tokens.size()), d = shape_.d_model;
  const auto n_terms = static_cast<int64_t>(batch.loss.size());
  const float* embedding = parameters_.token_embedding.value.data_ptr<float>();
  if (n_terms == 0) return {};

  at::Tensor x = embed(parameters_, batch);
  std::vector<LayerState> states;
  for (const Layer& layer : parameters_.layers) {
    LayerState state = forward(layer, shape_, batch, x);
    x = state.y;
    if (gradients) states.push_back(std::move(state));
  }

  // Output: only the rows that predict something, a chunk at a time, so that the logits never exist as a whole. Zeros
  // fill up both sides of the products to sizes that the processor likes.
  constexpr int64_t chunk = 512, block = 64;
  const int64_t n_last = round_up(n_terms, block / 2);
  at::Tensor last = floats({n_last, d});
  for_rows(n_last, [&](int64_t i) {
    float* to = last.data_ptr<float>() + i * d;
    i < n_terms ? std::copy_n(x.data_ptr<float>() + batch.loss[i].row * d, d, to) : std::fill_n(to, d, 0.0F);
  });
  const Normed normed = norm(last, parameters_.output_norm, shape_.norm_eps);
  const auto n_rows = static_cast<int64_t>(rows.tokens.size()), width = round_up(n_rows, block);
  at::Tensor output = halves({width, d});
  for_rows(width, [&](int64_t row) {
    auto* to = output.data_ptr<BFloat16>() + row * d;
    if (row >= n_rows) {
      std::fill_n(to, d, BFloat16(0.0F));
      return;
    }
    const float* from = embedding + rows.tokens[row] * d;
    for (int64_t i = 0; i < d; ++i) to[i] = BFloat16(from[i]);
  });
  at::Tensor doutput = gradients ? at::zeros({width, d}, at::kFloat) : at::Tensor();
  at::Tensor dnormed = halves({n_last, d});
  double nats = 0;
  for (int64_t begin = 0; begin < n_last; begin += chunk) {
    const int64_t size = std::min(chunk, n_last - begin);
    std::vector<std::int32_t> targets;
    for (int64_t i = begin; i < std::min(n_terms, begin + size); ++i) {
      targets.push_back(rows.row_of_token[batch.loss[i].target]);
    }
    at::Tensor logits = floats({size, width});
    gemm(normed.y.narrow(0, begin, size), output.t(), logits);
    at::Tensor dlogits = gradients ? halves({size, width}) : at::Tensor();
    nats += cross_entropy(logits, n_rows, targets, 1.0F / static_cast<float>(terms), gradients ? &dlogits : nullptr);
    if (!gradients) continue;
    gemm(dlogits, output, dnormed.narrow(0, begin, size));
    gemm(dlogits.t(), normed.y.narrow(0, begin, size), doutput, Store::add);
  }
  if (!gradients) return {nats, n_terms};

  float* dembedding = parameters_.token_embedding.grad.data_ptr<float>();
  for_rows(n_rows, [&](int64_t row) {
    const float* from = doutput.data_ptr<float>() + row * d;
    float* to = dembedding + rows.tokens[row] * d;
    for (int64_t i = 0; i < d; ++i) to[i] += from[i];
  });
  at::Tensor dlast = at::zeros({n_last, d}, at::kFloat);
  norm_backward(dnormed, last, parameters_.output_norm, normed, dlast);
  at::Tensor dx = at::zeros({n, d}, at::kFloat);
  scatter(
      dlast.narrow(0, 0, n_terms), [&](int64_t i) { return static_cast<int64_t>(batch.loss[i].row); }, dx);
  for (std::size_t layer = states.size(); layer-- > 0;) {
    backward(parameters_.layers[layer], states[layer], shape_, batch, dx);
    states.pop_back();
  }
  embed_backward(parameters_, batch, dx);
  return {nats, n_terms};
}

}  // namespace updraft::learn
