#include "gguf/types.h"

#include <algorithm>
#include <array>
#include <bit>
#include <cassert>
#include <cfloat>
#include <cmath>
#include <cstring>
#include <string>
#include <utility>

namespace updraft::gguf {
namespace {

constexpr std::array type_table = {
    std::pair{TensorType::f32, TypeTraits{"f32", 1, 4}},     std::pair{TensorType::f16, TypeTraits{"f16", 1, 2}},
    std::pair{TensorType::bf16, TypeTraits{"bf16", 1, 2}},   std::pair{TensorType::q8_0, TypeTraits{"q8_0", 32, 34}},
    std::pair{TensorType::q4_0, TypeTraits{"q4_0", 32, 18}}, std::pair{TensorType::q4_1, TypeTraits{"q4_1", 32, 20}},
};

constexpr std::size_t block = 32;  // values a block of every quantised type

template <class T>
T load(const std::byte* from) {
  T value;
  std::memcpy(&value, from, sizeof value);
  return value;
}

template <class T>
void store(std::byte* to, T value) {
  std::memcpy(to, &value, sizeof value);
}

float load_f16(const std::byte* from) { return f16_to_f32(load<std::uint16_t>(from)); }
void store_f16(std::byte* to, float value) { store(to, f32_to_f16(value)); }

// Truncates to 0..15; whatever is not a number becomes 0.
unsigned nibble(float x) { return x > 0.0f ? static_cast<unsigned>(std::min(x, 15.0f)) : 0u; }

// Rounds to -127..127; whatever is not a number becomes 0.
std::int8_t signed_byte(float x) {
  if (std::isnan(x)) return 0;
  return static_cast<std::int8_t>(std::clamp(std::round(x), -127.0f, 127.0f));
}

float inverse(float d) { return d != 0.0f ? 1.0f / d : 0.0f; }

// Both 4-bit types keep value j in the low half of byte j and value j + 16 in its high half.
template <class Code>
void pack_nibbles(std::byte* to, Code code) {
  for (std::size_t j = 0; j < block / 2; ++j) to[j] = static_cast<std::byte>(code(j) | code(j + block / 2) << 4);
}

template <class Value>
void unpack_nibbles(const std::byte* from, float* to, Value value) {
  for (std::size_t j = 0; j < block / 2; ++j) {
    const auto both = std::to_integer<int>(from[j]);
    to[j] = value(both & 15);
    to[j + block / 2] = value(both >> 4);
  }
}

// q4_0: scale d, values d * (code - 8). The value of largest magnitude gets code 0, exactly, whatever its sign.
void quantize_q4_0(const float* in, std::byte* out) {
  float extreme = 0.0f;
  for (std::size_t j = 0; j < block; ++j)
    if (std::fabs(in[j]) > std::fabs(extreme)) extreme = in[j];
  const float d = extreme / -8.0f;
  const float id = inverse(d);
  store_f16(out, d);
  pack_nibbles(out + 2, [&](std::size_t j) { return nibble(in[j] * id + 8.5f); });
}

void dequantize_q4_0(const std::byte* in, float* out) {
  const float d = load_f16(in);
  unpack_nibbles(in + 2, out, [d](int code) { return static_cast<float>(code - 8) * d; });
}

// q4_1: scale d and minimum m, values d * code + m.
void quantize_q4_1(const float* in, std::byte* out) {
  float min = FLT_MAX;
  float max = -FLT_MAX;
  for (std::size_t j = 0; j < block; ++j) {
    if (in[j] < min) min = in[j];
    if (in[j] > max) max = in[j];
  }
  const float d = (max - min) / 15.0f;
  const float id = inverse(d);
  store_f16(out, d);
  store_f16(out + 2, min);
  pack_nibbles(out + 4, [&](std::size_t j) { return nibble((in[j] - min) * id + 0.5f); });
}

void dequantize_q4_1(const std::byte* in, float* out) {
  const float d = load_f16(in);
  const float m = load_f16(in + 2);
  unpack_nibbles(in + 4, out, [d, m](int code) { return static_cast<float>(code) * d + m; });
}

// q8_0: scale d, values d * code.
void quantize_q8_0(const float* in, std::byte* out) {
  float largest = 0.0f;
  for (std::size_t j = 0; j < block; ++j) largest = std::max(largest, std::fabs(in[j]));
  const float d = largest / 127.0f;
  const float id = inverse(d);
  store_f16(out, d);
  for (std::size_t j = 0; j < block; ++j) store(out + 2 + j, signed_byte(in[j] * id));
}

void dequantize_q8_0(const std::byte* in, float* out) {
  const float d = load_f16(in);
  for (std::size_t j = 0; j < block; ++j) out[j] = static_cast<float>(load<std::int8_t>(in + 2 + j)) * d;
}

}  // namespace

TypeTraits traits(TensorType type) {
  for (const auto& [t, info] : type_table)
    if (t == type) return info;
  return {"", 0, 0};
}

Result<TensorType> type_from_name(std::string_view name) {
  std::string known;
  for (const auto& [type, info] : type_table) {
    if (info.name == name) return type;
    known += (known.empty() ? "" : ", ") + std::string(info.name);
  }
  return fail(ErrorCode::invalid_argument, "unknown tensor type '" + std::string(name) + "' (known: " + known + ")");
}

std::size_t row_bytes(TensorType type, std::size_t n) {
  const TypeTraits info = traits(type);
  assert(info.block_size != 0 && n % info.block_size == 0);
  return n / info.block_size * info.block_bytes;
}

void dequantize(TensorType type, std::span<const std::byte> in, std::span<float> out) {
  assert(in.size() == row_bytes(type, out.size()));
  const auto [name, values, bytes] = traits(type);
  const std::byte* from = in.data();
  for (std::size_t at = 0; at < out.size(); at += values, from += bytes) {
    float* to = out.data() + at;
    switch (type) {
      case TensorType::f32:
        *to = load<float>(from);
        break;
      case TensorType::f16:
        *to = load_f16(from);
        break;
      case TensorType::bf16:
        *to = bf16_to_f32(load<std::uint16_t>(from));
        break;
      case TensorType::q8_0:
        dequantize_q8_0(from, to);
        break;
      case TensorType::q4_0:
        dequantize_q4_0(from, to);
        break;
      case TensorType::q4_1:
        dequantize_q4_1(from, to);
        break;
    }
  }
}

void quantize(TensorType type, std::span<const float> in, std::span<std::byte> out) {
  assert(out.size() == row_bytes(type, in.size()));
  const auto [name, values, bytes] = traits(type);
  std::byte* to = out.data();
  for (std::size_t at = 0; at < in.size(); at += values, to += bytes) {
    const float* from = in.data() + at;
    switch (type) {
      case TensorType::f32:
        store(to, *from);
        break;
      case TensorType::f16:
        store_f16(to, *from);
        break;
      case TensorType::bf16:
        store(to, f32_to_bf16(*from));
        break;
      case TensorType::q8_0:
        quantize_q8_0(from, to);
        break;
      case TensorType::q4_0:
        quantize_q4_0(from, to);
        break;
      case TensorType::q4_1:
        quantize_q4_1(from, to);
        break;
    }
  }
}

float f16_to_f32(std::uint16_t h) {
  const std::uint32_t sign = static_cast<std::uint32_t>(h & 0x8000u) << 16;
  const std::uint32_t magnitude = h & 0x7fffu;
  if (magnitude >= 0x7c00u) return std::bit_cast<float>(sign | 0x7f800000u | magnitude << 13);  // infinity, NaN
  if (magnitude >= 0x0400u) return std::bit_cast<float>(sign | ((magnitude << 13) + (112u << 23)));
  const float subnormal = static_cast<float>(magnitude) * 0x1p-24f;
  return std::bit_cast<float>(sign | std::bit_cast<std::uint32_t>(subnormal));
}

std::uint16_t f32_to_f16(float f) {
  const auto bits = std::bit_cast<std::uint32_t>(f);
  const std::uint32_t sign = bits >> 16 & 0x8000u;
  const std::uint32_t magnitude = bits & 0x7fffffffu;
  if (magnitude > 0x7f800000u) return static_cast<std::uint16_t>(sign | 0x7e00u);   // NaN
  if (magnitude >= 0x477ff000u) return static_cast<std::uint16_t>(sign | 0x7c00u);  // 65520 and above round to infinity
  std::uint32_t half = 0;
  if (magnitude < 0x38800000u) {
    // Subnormal: adding 0.5 leaves the result, rounded to even, in the lowest bits of the mantissa.
    const float shifted = std::bit_cast<float>(magnitude) + 0.5f;
    half = std::bit_cast<std::uint32_t>(shifted) - std::bit_cast<std::uint32_t>(0.5f);
  } else {
    const std::uint32_t odd = magnitude >> 13 & 1u;
    half = (magnitude - (112u << 23) + 0xfffu + odd) >> 13;
  }
  return static_cast<std::uint16_t>(sign | half);
}

float bf16_to_f32(std::uint16_t h) { return std::bit_cast<float>(static_cast<std::uint32_t>(h) << 16); }

std::uint16_t f32_to_bf16(float f) {
  const auto bits = std::bit_cast<std::uint32_t>(f);
  if ((bits & 0x7fffffffu) > 0x7f800000u) return static_cast<std::uint16_t>(bits >> 16 | 64u);  // NaN stays one
  return static_cast<std::uint16_t>((bits + 0x7fffu + (bits >> 16 & 1u)) >> 16);
}

}  // namespace updraft::gguf
