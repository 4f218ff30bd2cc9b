// AdamW (arXiv 1711.05101) as one pass over all parameters.
#pragma once

#include <ATen/ATen.h>

namespace updraft::learn {

struct AdamW {
  double beta1 = 0.9;
  double beta2 = 0.98;
  double epsilon = 1e-8;
  double clip = 1.0;  // global gradient norm

  at::Tensor mean;      // float [n_parameters]
  at::Tensor variance;  // float [n_parameters]

  explicit AdamW(std::int64_t n_parameters)
      : mean(at::zeros({n_parameters}, at::kFloat)), variance(at::zeros({n_parameters}, at::kFloat)) {}

  // Moves `value` against `grad` and zeroes `grad`. `step` counts from 1. Returns the gradient's norm before clipping.
  double update(const at::Tensor& value, const at::Tensor& grad, double learning_rate, std::int64_t step);
};

}  // namespace updraft::learn
