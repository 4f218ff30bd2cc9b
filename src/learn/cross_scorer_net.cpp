#include "learn/cross_scorer_net.h"

#include <algorithm>
#include <cmath>

#include "encode/text_encoder.h"

namespace updraft::learn {
namespace {

using reward::multiply_add;

// Standard normal (Box and Muller 1958).
float normal(decode::Random& random) {
  const double u = 1 - random.uniform(), v = random.uniform();
  return static_cast<float>(std::sqrt(-2 * std::log(u)) * std::cos(2 * M_PI * v));
}

// gradient [x.size(), slope.size()] += x * slope, the outer product; of_x += matrix * slope unless it is empty.
void multiply_back(std::span<const float> x, std::span<const float> slope, std::span<float> gradient,
                   std::span<const float> matrix = {}, std::span<float> of_x = {}) {
  const std::size_t n = slope.size();
  for (std::size_t i = 0; i < x.size(); ++i) {
    float* row = gradient.data() + i * n;
    for (std::size_t k = 0; k < n; ++k) row[k] += x[i] * slope[k];
  }
  for (std::size_t i = 0; i < of_x.size(); ++i) {
    float sum = 0;
    for (std::size_t k = 0; k < n; ++k) sum += matrix[i * n + k] * slope[k];
    of_x[i] += sum;
  }
}

double softplus(double x) { return std::max(x, 0.0) + std::log1p(std::exp(-std::abs(x))); }
double sigmoid(double x) { return 1 / (1 + std::exp(-x)); }

}  // namespace

CrossScorerNet::CrossScorerNet(const reward::CrossScorerShape& shape, std::uint64_t seed)
    : weights_(shape), gradient_(shape), mean_(shape), variance_(shape) {
  decode::Random random(seed);
  const auto fill = [&](std::vector<float>& values, int inputs, double gain) {
    const auto deviation = static_cast<float>(std::sqrt(gain / inputs));
    for (float& x : values) x = deviation * normal(random);
  };
  // Both sides begin alike: what is near stays near.
  fill(weights_.intent, shape.dimension, 1);
  weights_.prompt = weights_.intent;
  fill(weights_.hidden, shape.compared(), 2);
  fill(weights_.output, shape.hidden, 1);
}

void CrossScorerNet::forward(const CrossExample& example, std::size_t prompt, std::span<const float> u, double dropout,
                             decode::Random& random, Pass& pass) const {
  const auto w = static_cast<std::size_t>(weights_.shape.width), h = static_cast<std::size_t>(weights_.shape.hidden);
  const auto c = static_cast<std::size_t>(weights_.shape.compared()), t = static_cast<std::size_t>(example.task);
  const float scale = std::sqrt(static_cast<float>(weights_.shape.dimension));
  pass.v.assign(w, 0);
  multiply_add(example.prompts[prompt], weights_.prompt, pass.v);
  for (float& x : pass.v) x *= scale;
  pass.compared.resize(c);
  for (std::size_t k = 0; k < w; ++k) {
    pass.compared[k] = u[k] * pass.v[k];
    pass.compared[w + k] = std::abs(u[k] - pass.v[k]);
  }
  pass.compared[2 * w] = static_cast<float>(encode::cosine(example.intent, example.prompts[prompt]));
  const auto& lexical = example.lexical[prompt];
  std::copy(lexical.begin(), lexical.end(), pass.compared.begin() + static_cast<std::ptrdiff_t>(2 * w + 1));
  pass.kept.assign(c, 1);
  if (dropout > 0) {
    for (float& kept : pass.kept) kept = random.uniform() < dropout ? 0 : static_cast<float>(1 / (1 - dropout));
    for (std::size_t i = 0; i < c; ++i) pass.compared[i] *= pass.kept[i];
  }
  const auto bias = std::span(weights_.hidden_bias).subspan(t * h, h);
  pass.hidden.assign(bias.begin(), bias.end());
  multiply_add(pass.compared, std::span(weights_.hidden).subspan(t * c * h, c * h), pass.hidden);
  pass.logit = weights_.output_bias[t];
  for (std::size_t k = 0; k < h; ++k) {
    pass.hidden[k] = std::max(0.0F, pass.hidden[k]);
    pass.logit += double{pass.hidden[k]} * weights_.output[t * h + k];
  }
}

void CrossScorerNet::backward(const CrossExample& example, std::size_t prompt, std::span<const float> u,
                              const Pass& pass, float slope, std::span<float> of_u) {
  const auto w = static_cast<std::size_t>(weights_.shape.width), h = static_cast<std::size_t>(weights_.shape.hidden);
  const auto c = static_cast<std::size_t>(weights_.shape.compared()), t = static_cast<std::size_t>(example.task);
  const float scale = std::sqrt(static_cast<float>(weights_.shape.dimension));
  std::vector<float> of_hidden(h), of_compared(2 * w), of_v(w);  // nothing flows into the words' features
  gradient_.output_bias[t] += slope;
  for (std::size_t k = 0; k < h; ++k) {
    gradient_.output[t * h + k] += slope * pass.hidden[k];
    of_hidden[k] = pass.hidden[k] > 0 ? slope * weights_.output[t * h + k] : 0;
    gradient_.hidden_bias[t * h + k] += of_hidden[k];
  }
  multiply_back(pass.compared, of_hidden, std::span(gradient_.hidden).subspan(t * c * h, c * h),
                std::span(weights_.hidden).subspan(t * c * h, c * h), of_compared);
  for (std::size_t k = 0; k < w; ++k) {
    const float of_product = of_compared[k] * pass.kept[k];
    const float of_distance = of_compared[w + k] * pass.kept[w + k] * (u[k] > pass.v[k] ? 1.0F : -1.0F);
    of_u[k] += of_product * pass.v[k] + of_distance;
    of_v[k] = scale * (of_product * u[k] - of_distance);
  }
  multiply_back(example.prompts[prompt], of_v, gradient_.prompt);
}

double CrossScorerNet::learn(const CrossExample& example, double dropout, decode::Random& random) {
  const auto w = static_cast<std::size_t>(weights_.shape.width);
  const float scale = std::sqrt(static_cast<float>(weights_.shape.dimension));
  const std::size_t n = example.prompts.size();
  std::vector<float> u(w), of_u(w);
  multiply_add(example.intent, weights_.intent, u);
  for (float& x : u) x *= scale;
  std::vector<Pass> passes(n);
  double largest = -INFINITY, sum = 0;
  for (std::size_t i = 0; i < n; ++i) {
    forward(example, i, u, dropout, random, passes[i]);
    largest = std::max(largest, passes[i].logit);
  }
  for (const Pass& pass : passes) sum += std::exp(pass.logit - largest);
  double loss = largest + std::log(sum) - passes[0].logit + softplus(-passes[0].logit);
  const double share = 2.0 / static_cast<double>(n - 1);  // of one negative
  for (std::size_t i = 0; i < n; ++i) {
    const double logit = passes[i].logit, chosen = std::exp(logit - largest) / sum;
    if (i > 0) loss += share * softplus(logit);
    const double slope = i == 0 ? chosen - 1 - sigmoid(-logit) : chosen + share * sigmoid(logit);
    backward(example, i, u, passes[i], static_cast<float>(slope), of_u);
  }
  for (float& x : of_u) x *= scale;
  multiply_back(example.intent, of_u, gradient_.intent);
  ++n_examples_;
  return loss;
}

void CrossScorerNet::update(double learning_rate) {
  constexpr float beta1 = 0.9F, beta2 = 0.99F, epsilon = 1e-8F, decay = 0.01F;
  ++n_updates_;
  const auto rate = static_cast<float>(learning_rate), n = static_cast<float>(std::max<std::int64_t>(1, n_examples_));
  const float unbias1 = 1 - std::pow(beta1, static_cast<float>(n_updates_));
  const float unbias2 = 1 - std::pow(beta2, static_cast<float>(n_updates_));
  std::vector<std::vector<float>*> parts[4];
  std::size_t place = 0;
  for (reward::CrossScorerWeights* all : {&weights_, &gradient_, &mean_, &variance_}) {
    reward::CrossScorerWeights::each(
        *all, [&](const auto&, const auto&, std::vector<float>& values) { parts[place].push_back(&values); });
    ++place;
  }
  for (std::size_t p = 0; p < parts[0].size(); ++p) {
    std::vector<float>&value = *parts[0][p], &gradient = *parts[1][p], &mean = *parts[2][p], &variance = *parts[3][p];
    for (std::size_t i = 0; i < value.size(); ++i) {
      const float g = gradient[i] / n;
      mean[i] = beta1 * mean[i] + (1 - beta1) * g;
      variance[i] = beta2 * variance[i] + (1 - beta2) * g * g;
      value[i] -= rate * (mean[i] / unbias1 / (std::sqrt(variance[i] / unbias2) + epsilon) + decay * value[i]);
      gradient[i] = 0;
    }
  }
  n_examples_ = 0;
}

}  // namespace updraft::learn
