#include "kernels/reference.h"

#include <algorithm>
#include <cmath>
#include <cstring>
#include <limits>

namespace updraft::kernels::reference {

using gguf::TensorType;

namespace {

constexpr std::size_t block = 32;

float f16_at(const std::byte* p) {
  std::uint16_t half = 0;
  std::memcpy(&half, p, 2);
  return gguf::f16_to_f32(half);
}

int low_nibble(std::byte b) { return std::to_integer<int>(b & std::byte{0x0F}); }
int high_nibble(std::byte b) { return std::to_integer<int>(b >> 4); }

}  // namespace

QuantizedRow quantize(std::span<const float> x) {
  QuantizedRow out{std::vector<std::int8_t>(x.size()), std::vector<float>(x.size() / block), {}};
  for (std::size_t b = 0; b < out.scales.size(); ++b) {
    float largest = 0;
    for (std::size_t i = 0; i < block; ++i) largest = std::max(largest, std::abs(x[b * block + i]));
    out.scales[b] = largest / 127.0F;
    const float inverse = largest > 1e-30F ? 127.0F / largest : 0.0F;
    for (std::size_t i = 0; i < block; ++i) {
      out.values[b * block + i] = static_cast<std::int8_t>(std::nearbyint(x[b * block + i] * inverse));
    }
  }
  return out;
}

QuantizedRow quantize_centred(std::span<const float> x) {
  std::vector<float> centres;
  std::vector<float> moved(x.begin(), x.end());
  for (std::size_t b = 0; b < x.size(); b += block) {
    const auto values = x.subspan(b, block);
    const auto [low, high] = std::minmax_element(values.begin(), values.end());
    centres.push_back((*high + *low) / 2);
    for (std::size_t i = b; i < b + block; ++i) moved[i] -= centres.back();
  }
  QuantizedRow out{std::vector<std::int8_t>(x.size()), {}, centres};
  for (std::size_t b = 0; b < x.size(); b += block) {
    const auto values = x.subspan(b, block);
    const auto [low, high] = std::minmax_element(values.begin(), values.end());
    const float magnitude = (*high - *low) / 2, inverse = magnitude > 1e-30F ? 127.0F / magnitude : 0.0F;
    out.scales.push_back(magnitude / 127.0F);
    for (std::size_t i = b; i < b + block; ++i) {
      out.values[i] = static_cast<std::int8_t>(std::max(std::nearbyint(moved[i] * inverse), -127.0F));
    }
  }
  return out;
}

float dot(TensorType type, std::span<const std::byte> weights, const QuantizedRow& x) {
  const std::size_t block_bytes = gguf::traits(type).block_bytes;
  float total = 0;
  for (std::size_t b = 0; b < x.scales.size(); ++b) {
    const std::byte* w = weights.data() + b * block_bytes;
    const std::int8_t* a = x.values.data() + b * block;
    int products = 0, sum = 0, weight_sum = 0;
    for (std::size_t i = 0; i < block; ++i) sum += a[i];
    if (!x.centres.empty()) {
      for (std::size_t i = 0; i < block; ++i) weight_sum += static_cast<std::int8_t>(w[2 + i]);
    }
    for (std::size_t i = 0; i < 16; ++i) {
      if (type == TensorType::q4_0) {
        products += (low_nibble(w[2 + i]) - 8) * a[i] + (high_nibble(w[2 + i]) - 8) * a[16 + i];
      } else if (type == TensorType::q4_1) {
        products += low_nibble(w[4 + i]) * a[i] + high_nibble(w[4 + i]) * a[16 + i];
      } else {
        products += static_cast<std::int8_t>(w[2 + i]) * a[i] + static_cast<std::int8_t>(w[18 + i]) * a[16 + i];
      }
    }
    total = std::fma(static_cast<float>(products), f16_at(w) * x.scales[b], total);
    if (type == TensorType::q4_1) total = std::fma(f16_at(w + 2), x.scales[b] * static_cast<float>(sum), total);
    if (!x.centres.empty()) {
      const std::uint16_t stored = gguf::f32_to_f16(f16_at(w) * static_cast<float>(weight_sum));
      total = std::fma(gguf::f16_to_f32(stored), x.centres[b], total);
    }
  }
  return total;
}

float dot(TensorType type, std::span<const std::byte> weights, std::span<const float> x) {
  std::vector<float> w(x.size());
  gguf::dequantize(type, weights, w);
  float total = 0;
  for (std::size_t i = 0; i < x.size(); ++i) total = std::fma(w[i], x[i], total);
  return total;
}

std::vector<float> rms_norm(std::span<const float> x, std::span<const float> scale, float epsilon) {
  double squares = 0;
  for (const float v : x) squares += double{v} * v;
  const double factor = 1 / std::sqrt(squares / static_cast<double>(x.size()) + epsilon);
  std::vector<float> out(x.size());
  for (std::size_t i = 0; i < x.size(); ++i) out[i] = static_cast<float>(x[i] * factor * scale[i]);
  return out;
}

std::vector<float> layer_norm(std::span<const float> x, std::span<const float> scale, std::span<const float> shift,
                              float epsilon) {
  const auto n = static_cast<double>(x.size());
  double mean = 0, variance = 0;
  for (const float v : x) mean += v / n;
  for (const float v : x) variance += (v - mean) * (v - mean) / n;
  const double factor = 1 / std::sqrt(variance + epsilon);
  std::vector<float> out(x.size());
  for (std::size_t i = 0; i < x.size(); ++i) {
    out[i] = static_cast<float>((x[i] - mean) * factor * scale[i] + shift[i]);
  }
  return out;
}

float silu(float x) { return static_cast<float>(x / (1 + std::exp(-double{x}))); }

float gelu(float x) {
  const double u = std::sqrt(2 / 3.14159265358979323846) * (x + 0.044715 * std::pow(double{x}, 3));
  return static_cast<float>(0.5 * x * (1 + std::tanh(u)));
}

float gelu_exact(float x) { return static_cast<float>(0.5 * x * (1 + std::erf(x / std::sqrt(2.0)))); }

float relu6(float x) {
  if (x > 6) return 6;
  return x > 0 ? x : 0;
}

std::vector<float> depthwise(std::span<const float> taps, std::span<const float> weights, std::span<const float> bias) {
  std::vector<float> out(bias.begin(), bias.end());
  for (std::size_t i = 0; i < taps.size(); ++i) {
    float& sum = out[i % bias.size()];
    sum = std::fma(taps[i], weights[i], sum);
  }
  for (float& x : out) x = relu6(x);
  return out;
}

std::vector<float> softmax(std::span<const float> x) {
  const double whole = log_sum_exp(x);
  std::vector<float> out;
  for (const float v : x) out.push_back(static_cast<float>(std::exp(v - whole)));
  return out;
}

double log_sum_exp(std::span<const float> x) {
  const double top = *std::max_element(x.begin(), x.end());
  double sum = 0;
  for (const float v : x) sum += std::exp(v - top);
  return top + std::log(sum);
}

std::vector<float> rotate(std::span<const float> x, int position, float base) {
  const std::size_t half = x.size() / 2;
  std::vector<float> out(x.size());
  for (std::size_t i = 0; i < half; ++i) {
    const double angle = position * std::pow(double{base}, -static_cast<double>(i) / static_cast<double>(half));
    out[i] = static_cast<float>(x[i] * std::cos(angle) - x[half + i] * std::sin(angle));
    out[half + i] = static_cast<float>(x[i] * std::sin(angle) + x[half + i] * std::cos(angle));
  }
  return out;
}

}  // namespace updraft::kernels::reference
