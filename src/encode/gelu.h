#pragma once

#include <span>

namespace updraft::encode {

// x * Phi(x) = x/2 * (1 + erf(x / sqrt(2))) in place, the form that BERT was trained with: at most 1e-6 off.
void gelu(std::span<float> values);

}  // namespace updraft::encode
