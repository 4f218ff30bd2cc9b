#include "learn/model.h"

#include <algorithm>
#include <cmath>

#include "learn/gemm.h"
#include "learn/layers.h"

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

LossSum Model::loss(const Batch& batch, const OutputRows& rows, int64_t terms) {
  at::NoGradGuard no_autograd;
  const bool gradients = terms > 0;
  const int64_t n = static_cast<int64_t>(batch.tokens.size()), d = shape_.d_model;
  const auto n_terms = static_cast<int64_t>(batch.loss.size());
  const float* embedding = parameters_.token_embedding.value.data_ptr<float>();
  const bool llama = shape_.architecture == Architecture::llama;

  at::Tensor x = embed(parameters_, batch);
  std::vector<LayerState> states;
  for (const Layer& layer : parameters_.layers) {
    LayerState state = (llama ? llama::forward : gpt2::forward)(layer, shape_, batch, x);
    x = state.y;
    if (gradients) states.push_back(std::move(state));
  }

  // Output: only the rows that predict something, a chunk at a time, so that the logits never exist as a whole.
  at::Tensor last = floats({n_terms, d});
  for_rows(n_terms, [&](int64_t i) {
    std::copy_n(x.data_ptr<float>() + batch.loss[i].row * d, d, last.data_ptr<float>() + i * d);
  });
  const Normed normed = norm(last, parameters_.output_norm, shape_.norm_eps);
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
    gemm(normed.y.narrow(0, begin, size), output.t(), logits);
    at::Tensor dlogits = gradients ? halves({size, n_rows}) : at::Tensor();
    nats += cross_entropy(logits, targets, 1.0F / static_cast<float>(terms), gradients ? &dlogits : nullptr);
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
  at::Tensor dlast = at::zeros({n_terms, d}, at::kFloat);
  norm_backward(dnormed, last, parameters_.output_norm, normed, dlast);
  at::Tensor dx = at::zeros({n, d}, at::kFloat);
  scatter(
      dlast, [&](int64_t i) { return static_cast<int64_t>(batch.loss[i].row); }, dx);
  for (std::size_t layer = states.size(); layer-- > 0;) {
    (llama ? llama::backward : gpt2::backward)(parameters_.layers[layer], states[layer], shape_, batch, dx);
    states.pop_back();
  }
  embed_backward(parameters_, batch, dx);
  return {nats, n_terms};
}

}  // namespace updraft::learn
