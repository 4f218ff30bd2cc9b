#include "vision/net.h"

#include <dnnl.h>

#include <algorithm>
#include <cmath>

namespace updraft::vision {
namespace {

// c [m, n] = a b (+ c), where a is [m, k] or, transposed, [k, m], and b [k, n] or, transposed, [n, k].
struct Matrix {
  const float* data;
  bool transposed = false;
};
void multiply(std::size_t m, std::size_t n, std::size_t k, const Matrix& a, const Matrix& b, float* c, float old = 0) {
  const auto size = [](std::size_t x) { return static_cast<dnnl_dim_t>(x); };
  dnnl_sgemm(a.transposed ? 'T' : 'N', b.transposed ? 'T' : 'N', size(m), size(n), size(k), 1, a.data,
             size(a.transposed ? m : k), b.data, size(b.transposed ? k : n), old, c, size(n));
}

void add_bias(std::vector<float>& rows, const std::vector<float>& bias) {
  for (std::size_t i = 0; i < rows.size(); ++i) rows[i] += bias[i % bias.size()];
}

void sum_rows(const std::vector<float>& rows, std::vector<float>& sums) {
  std::fill(sums.begin(), sums.end(), 0.0F);
  for (std::size_t i = 0; i < rows.size(); ++i) sums[i % sums.size()] += rows[i];
}

// Of unit length, row by row; gives the lengths that they had.
std::vector<float> normalise(std::vector<float>& rows, std::size_t columns) {
  std::vector<float> lengths;
  for (std::size_t at = 0; at < rows.size(); at += columns) {
    double square = 0;
    for (std::size_t c = 0; c < columns; ++c) square += double{rows[at + c]} * rows[at + c];
    const auto length = static_cast<float>(std::sqrt(std::max(square, 1e-12)));
    for (std::size_t c = 0; c < columns; ++c) rows[at + c] /= length;
    lengths.push_back(length);
  }
  return lengths;
}

// softmax of each row of logits, minus the target, scaled: the gradient of its cross entropy. Gives the loss.
double cross_entropy(std::vector<float>& logits, const std::vector<float>& target, std::size_t n, double scale,
                     std::vector<float>& gradient, bool transposed) {
  double loss = 0;
  std::vector<double> row(n);
  for (std::size_t i = 0; i < n; ++i) {
    const auto at = [&](std::size_t j) { return transposed ? j * n + i : i * n + j; };
    double largest = -1e30, sum = 0;
    for (std::size_t j = 0; j < n; ++j) largest = std::max(largest, double{logits[at(j)]});
    for (std::size_t j = 0; j < n; ++j) sum += row[j] = std::exp(logits[at(j)] - largest);
    for (std::size_t j = 0; j < n; ++j) {
      const double p = row[j] / sum, t = target[at(j)];
      if (t > 0) loss -= t * std::log(std::max(p, 1e-30)) * scale;
      gradient[at(j)] += static_cast<float>((p - t) * scale);
    }
  }
  return loss;
}

}  // namespace

Weights Weights::zeros(const NetShape& s) {
  Weights w;
  w.w1.resize(s.hidden * s.inputs), w.b1.resize(s.hidden);
  w.w2.resize(s.points * s.hidden), w.b2.resize(s.points);
  w.w3.resize(s.tags * s.hidden), w.b3.resize(s.tags);
  w.temperature.resize(1);
  return w;
}

Weights Weights::chance(const NetShape& s, decode::Random& random) {
  Weights w = zeros(s);
  const auto fill = [&](std::vector<float>& values, double size) {
    for (float& x : values) x = static_cast<float>((2 * random.uniform() - 1) * size);
  };
  fill(w.w1, std::sqrt(6.0 / static_cast<double>(s.inputs)));
  fill(w.w2, std::sqrt(3.0 / static_cast<double>(s.hidden)));
  fill(w.w3, 0.3 * std::sqrt(3.0 / static_cast<double>(s.hidden)));
  std::fill(w.b3.begin(), w.b3.end(), -4.5F);  // a tag is rare
  w.temperature[0] = std::log(15.0F);
  return w;
}

Outputs forward(const NetShape& s, const Weights& w, std::span<const float> x) {
  const std::size_t n = x.size() / s.inputs;
  Outputs out{std::vector<float>(n * s.hidden), std::vector<float>(n * s.points), std::vector<float>(n * s.tags)};
  multiply(n, s.hidden, s.inputs, {x.data()}, {w.w1.data(), true}, out.hidden.data());
  add_bias(out.hidden, w.b1);
  for (float& h : out.hidden) h = std::clamp(h, 0.0F, 6.0F);
  multiply(n, s.points, s.hidden, {out.hidden.data()}, {w.w2.data(), true}, out.points.data());
  add_bias(out.points, w.b2);
  normalise(out.points, s.points);
  multiply(n, s.tags, s.hidden, {out.hidden.data()}, {w.w3.data(), true}, out.tags.data());
  add_bias(out.tags, w.b3);
  return out;
}

Losses backward(const NetShape& s, const Weights& w, const Batch& batch, const LossOptions& options,
                decode::Random& random, Weights& g) {
  const std::size_t n = batch.n;
  const double each = 1.0 / static_cast<double>(n);
  // Forward, keeping which hidden values count.
  std::vector<float> hidden(n * s.hidden), mask(n * s.hidden), points(n * s.points), tags(n * s.tags);
  multiply(n, s.hidden, s.inputs, {batch.x.data()}, {w.w1.data(), true}, hidden.data());
  add_bias(hidden, w.b1);
  const auto kept = static_cast<float>(1 / (1 - options.hidden_dropout));
  for (std::size_t i = 0; i < hidden.size(); ++i) {
    const bool counts = hidden[i] > 0 && hidden[i] < 6 && random.uniform() >= options.hidden_dropout;
    const bool dropped = !counts && hidden[i] > 0 && hidden[i] < 6;
    mask[i] = counts ? kept : 0;
    hidden[i] = dropped ? 0 : std::clamp(hidden[i], 0.0F, 6.0F) * kept;
  }
  multiply(n, s.points, s.hidden, {hidden.data()}, {w.w2.data(), true}, points.data());
  add_bias(points, w.b2);
  const std::vector<float> lengths = normalise(points, s.points);
  multiply(n, s.tags, s.hidden, {hidden.data()}, {w.w3.data(), true}, tags.data());
  add_bias(tags, w.b3);

  // Each picture among all texts, each text among all pictures.
  Losses losses;
  const double temperature = std::exp(double{w.temperature[0]});
  std::vector<float> cosines(n * n), alike(n * n), logits(n * n), target(n * n), d_logits(n * n);
  multiply(n, n, s.points, {points.data()}, {batch.texts.data(), true}, cosines.data());
  multiply(n, n, s.points, {batch.texts.data()}, {batch.texts.data(), true}, alike.data());
  for (std::size_t i = 0; i < n; ++i) {
    double sum = 0;
    for (std::size_t j = 0; j < n; ++j) {
      const std::size_t at = i * n + j;
      const bool same = i != j && alike[at] > options.alike;
      logits[at] = same ? -1e9F : static_cast<float>(temperature * cosines[at]);
      target[at] = same || options.soft == 0 ? 0 : static_cast<float>(std::exp(12 * (alike[at] - 1.0)));
      sum += target[at];
    }
    for (std::size_t j = 0; j < n; ++j) {
      float& t = target[i * n + j];
      t = static_cast<float>((sum > 0 ? options.soft * t / sum : 0) + (i == j ? 1 - options.soft : 0));
    }
  }
  losses.contrast = cross_entropy(logits, target, n, each / 2, d_logits, false);
  losses.contrast += cross_entropy(logits, target, n, each / 2, d_logits, true);
  double d_temperature = 0;
  for (std::size_t i = 0; i < d_logits.size(); ++i) {
    d_temperature += double{d_logits[i]} * cosines[i] * temperature;
    d_logits[i] *= static_cast<float>(temperature);
  }
  g.temperature[0] = static_cast<float>(d_temperature);
  std::vector<float> d_points(n * s.points);
  multiply(n, s.points, n, {d_logits.data()}, {batch.texts.data()}, d_points.data());
  for (std::size_t i = 0; i < n; ++i) {
    float* d = d_points.data() + i * s.points;
    const float* p = points.data() + i * s.points;
    double along = 0;
    for (std::size_t c = 0; c < s.points; ++c) along += double{d[c]} * p[c];
    for (std::size_t c = 0; c < s.points; ++c) d[c] = (d[c] - static_cast<float>(along) * p[c]) / lengths[i];
  }

  // Tags, each for itself.
  for (std::size_t i = 0; i < tags.size(); ++i) {
    const double z = tags[i], p = 1 / (1 + std::exp(-z)), y = batch.labels[i];
    losses.tags += (std::max(z, 0.0) - z * y + std::log1p(std::exp(-std::abs(z)))) * each;
    tags[i] = static_cast<float>((p - y) * each * options.tag_weight);
  }

  std::vector<float> d_hidden(n * s.hidden);
  multiply(n, s.hidden, s.points, {d_points.data()}, {w.w2.data()}, d_hidden.data());
  multiply(n, s.hidden, s.tags, {tags.data()}, {w.w3.data()}, d_hidden.data(), 1);
  multiply(s.points, s.hidden, n, {d_points.data(), true}, {hidden.data()}, g.w2.data());
  multiply(s.tags, s.hidden, n, {tags.data(), true}, {hidden.data()}, g.w3.data());
  sum_rows(d_points, g.b2);
  sum_rows(tags, g.b3);
  for (std::size_t i = 0; i < d_hidden.size(); ++i) d_hidden[i] *= mask[i];
  multiply(s.hidden, s.inputs, n, {d_hidden.data(), true}, {batch.x.data()}, g.w1.data());
  sum_rows(d_hidden, g.b1);
  return losses;
}

void Adam::step(Weights& weights, const Weights& gradient, double rate, double decay) {
  ++steps_;
  constexpr double first = 0.9, second = 0.98, epsilon = 1e-8;
  const double correct_first = 1 - std::pow(first, steps_), correct_second = 1 - std::pow(second, steps_);
  const auto update = [&](std::vector<float>& w, const std::vector<float>& g, std::vector<float>& m,
                          std::vector<float>& v) {
    for (std::size_t i = 0; i < w.size(); ++i) {
      m[i] = static_cast<float>(first * m[i] + (1 - first) * g[i]);
      v[i] = static_cast<float>(second * v[i] + (1 - second) * double{g[i]} * g[i]);
      const double pull = w.size() > 4096 ? decay * w[i] : 0;  // matrices only
      w[i] -= static_cast<float>(rate * (m[i] / correct_first / (std::sqrt(v[i] / correct_second) + epsilon) + pull));
    }
  };
  Weights::for_each(update, weights, gradient, first_, second_);
}

}  // namespace updraft::vision
