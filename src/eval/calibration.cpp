#include "eval/calibration.h"

#include <algorithm>
#include <cmath>

#include "eval/metrics.h"

namespace updraft::eval {
namespace {

constexpr double penalty = 0.3;  // of a squared weight: it keeps weights apart that no example tells apart
constexpr int steps = 30;

// x of A x = b, by Gauss and Jordan with pivots; A [n, n] is positive definite.
std::vector<double> solve(std::vector<std::vector<double>> a, std::vector<double> b) {
  const std::size_t n = b.size();
  for (std::size_t column = 0; column < n; ++column) {
    std::size_t pivot = column;
    for (std::size_t row = column; row < n; ++row) {
      if (std::abs(a[row][column]) > std::abs(a[pivot][column])) pivot = row;
    }
    std::swap(a[column], a[pivot]);
    std::swap(b[column], b[pivot]);
    for (std::size_t row = 0; row < n; ++row) {
      if (row == column) continue;
      const double factor = a[row][column] / a[column][column];
      for (std::size_t k = column; k < n; ++k) a[row][k] -= factor * a[column][k];
      b[row] -= factor * b[column];
    }
  }
  for (std::size_t i = 0; i < n; ++i) b[i] /= a[i][i];
  return b;
}

}  // namespace

double calibration_error(std::span<const Forecast> forecasts, int bins) {
  std::vector<Mean> probability(static_cast<std::size_t>(bins)), right(static_cast<std::size_t>(bins));
  for (const Forecast& forecast : forecasts) {
    const auto bin = static_cast<std::size_t>(std::clamp(static_cast<int>(forecast.probability * bins), 0, bins - 1));
    probability[bin].add(forecast.probability);
    right[bin].add(forecast.right ? 1 : 0);
  }
  double error = 0;
  for (std::size_t i = 0; i < right.size(); ++i) {
    error += static_cast<double>(right[i].n) * std::abs(probability[i].value() - right[i].value());
  }
  return forecasts.empty() ? 0 : error / static_cast<double>(forecasts.size());
}

std::vector<double> fit_logistic(std::span<const std::vector<double>> features, const std::vector<bool>& right) {
  const std::size_t n = features.front().size();
  std::vector<double> weights(n);
  for (int step = 0; step < steps; ++step) {
    std::vector<double> gradient(n);
    std::vector<std::vector<double>> hessian(n, std::vector<double>(n));
    for (std::size_t k = 0; k < n; ++k) {
      gradient[k] = penalty * weights[k];
      hessian[k][k] = penalty;
    }
    for (std::size_t i = 0; i < features.size(); ++i) {
      const std::vector<double>& x = features[i];
      double sum = 0;
      for (std::size_t k = 0; k < n; ++k) sum += weights[k] * x[k];
      const double p = 1 / (1 + std::exp(-sum));
      for (std::size_t k = 0; k < n; ++k) {
        gradient[k] += (p - (right[i] ? 1 : 0)) * x[k];
        for (std::size_t l = 0; l < n; ++l) hessian[k][l] += p * (1 - p) * x[k] * x[l];
      }
    }
    const std::vector<double> move = solve(std::move(hessian), std::move(gradient));
    for (std::size_t k = 0; k < n; ++k) weights[k] -= move[k];
  }
  return weights;
}

}  // namespace updraft::eval
