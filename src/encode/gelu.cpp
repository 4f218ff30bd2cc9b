#include "encode/gelu.h"

#include <algorithm>
#include <numbers>

namespace updraft::encode {
namespace {

// A rational function of x^2 times x, fitted to erf on [-limit, limit] (at most 2e-8 off before rounding); beyond, erf
// is 1 in single precision. No branch, no call: the compiler turns the loop below into vectors.
float erf(float x) {
  constexpr float limit = 3.92F;
  const float c = std::clamp(x, -limit, limit), z = c * c;
  const float p =
      ((((2.0347253e-6F * z + 2.8747884e-4F) * z + 3.8683318e-3F) * z + 5.3060493e-2F) * z + 1.9276426e-1F) * z +
      1.12837902F;
  const float q =
      ((((3.8070511e-5F * z + 1.1881150e-3F) * z + 1.5172306e-2F) * z + 1.1508469e-1F) * z + 5.0416454e-1F) * z + 1.0F;
  return c * p / q;
}

}  // namespace

void gelu(std::span<float> values) {
  for (float& x : values) x = 0.5F * x * (1.0F + erf(x * (1.0F / std::numbers::sqrt2_v<float>)));
}

}  // namespace updraft::encode
