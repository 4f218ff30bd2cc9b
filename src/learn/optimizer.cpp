#include "learn/optimizer.h"

#include <ATen/Parallel.h>

#include <cmath>
#include <vector>

namespace updraft::learn {

double AdamW::update(const at::Tensor& value, const at::Tensor& grad, double learning_rate, std::int64_t step) {
  constexpr std::int64_t chunk = 1 << 16;
  const std::int64_t n = value.numel(), n_chunks = (n + chunk - 1) / chunk;
  float* g = grad.data_ptr<float>();
  std::vector<double> squares(static_cast<std::size_t>(n_chunks));  // summed in order: the same on any thread count
  const auto for_chunks = [&](auto body) {
    at::parallel_for(0, n_chunks, 1, [&](std::int64_t begin, std::int64_t end) {
      for (std::int64_t c = begin; c < end; ++c) body(c, c * chunk, std::min(n, (c + 1) * chunk));
    });
  };
  for_chunks([&](std::int64_t c, std::int64_t begin, std::int64_t end) {
    float sum = 0;
    for (std::int64_t i = begin; i < end; ++i) sum += g[i] * g[i];
    squares[c] = sum;
  });
  double norm = 0;
  for (const double square : squares) norm += square;
  norm = std::sqrt(norm);

  const auto scale = static_cast<float>(norm > clip ? clip / norm : 1.0);
  const auto b1 = static_cast<float>(beta1), b2 = static_cast<float>(beta2), eps = static_cast<float>(epsilon);
  const double correction1 = 1 - std::pow(beta1, step), correction2 = 1 - std::pow(beta2, step);
  const auto rate = static_cast<float>(learning_rate / correction1);
  const auto root2 = static_cast<float>(1 / std::sqrt(correction2));
  float *w = value.data_ptr<float>(), *m = mean.data_ptr<float>(), *v = variance.data_ptr<float>();
  for_chunks([&](std::int64_t, std::int64_t begin, std::int64_t end) {
    for (std::int64_t i = begin; i < end; ++i) {
      const float gi = g[i] * scale;
      g[i] = 0;
      m[i] = b1 * m[i] + (1 - b1) * gi;
      v[i] = b2 * v[i] + (1 - b2) * gi * gi;
      w[i] -= rate * m[i] / (std::sqrt(v[i]) * root2 + eps);
    }
  });
  return norm;
}

}  // namespace updraft::learn
