// The kernels, written once over a small set of vector operations. Each instruction set's file defines those operations
// as static functions of a struct S, includes this header, and makes its table with make_kernels<S>().
//
//   S::lanes        floats in a register: 8 or 16; also the rows of a group of a PackedMatrix
//   S::tile         how many rows of activations fit in registers beside an unpacked block of weights
//   S::F, I, B      registers of `lanes` floats, of `lanes` int32, of `lanes` * 4 bytes
//   S::to_int       rounds to nearest, halves to even
//   S::store_bytes  stores `block_size` integers of -128..127 as bytes, and returns their sum
//   S::groups_at_once  how many blocks of q8_0 weights fit beside S::tile / (groups_at_once + 1) rows: 1 or 2
//   S::dot_nibbles  adds to G sums, lane by lane, the products of 32 weights 0..15 (eight registers B) and activations
//   S::dot_bytes    the same for q8_0's bytes, as they were packed with S::q8_bias
//
// Everything lives in an unnamed namespace on purpose: each file is compiled with flags of its own, so no function may
// be shared between two of them. For the same reason nothing here calls inline functions of the standard library.
#pragma once

#include <cstddef>
#include <cstdint>
#include <cstring>

#include "kernels/kernels.h"

#define UPDRAFT_INLINE inline __attribute__((always_inline))
// Before a loop over registers, which live in registers only when it is unrolled.
#if defined(__clang__)
#define UPDRAFT_UNROLL _Pragma("unroll")
#else
#define UPDRAFT_UNROLL _Pragma("GCC unroll 32")
#endif

namespace updraft::kernels {
namespace {

using gguf::TensorType;

UPDRAFT_INLINE int smaller(int a, int b) { return a < b ? a : b; }

// Calls f<n>() for an n of 1..Max that is known at run time only.
template <int Max, class Function>
UPDRAFT_INLINE void with_constant(int n, const Function& f) {
  if (n == Max) {
    f.template operator()<Max>();
  } else if constexpr (Max > 1) {
    with_constant<Max - 1>(n, f);
  }
}

// Cuts [0, n) into the fewest parts of at most Max, as even as can be, and calls f<size>(begin) for each.
template <int Max, class Function>
UPDRAFT_INLINE void for_tiles(int n, const Function& f) {
  const int parts = (n + Max - 1) / Max;
  for (int part = 0, begin = 0; part < parts; ++part) {
    const int end = static_cast<int>(std::int64_t{n} * (part + 1) / parts);
    with_constant<Max>(end - begin, [&]<int Size>() { f.template operator()<Size>(begin); });
    begin = end;
  }
}

// ---- Matrix products ----

// The rows that a partly filled group has.
template <class S>
__attribute__((noinline)) void store_some_rows(typename S::F sum, int n_rows, const Output& out, std::ptrdiff_t row,
                                               float* to) {
  float values[S::lanes];
  S::store(values, sum);
  for (int i = 0; i < n_rows; ++i) {
    float v = values[i];
    if (out.bias != nullptr) v += out.bias[row + i];
    to[i] = out.accumulate ? v + to[i] : v;
  }
}

template <class S>
UPDRAFT_INLINE void store_rows(typename S::F sum, int n_rows, const Output& out, std::ptrdiff_t row, int t) {
  float* to = out.data + t * out.stride + row;
  if (n_rows < S::lanes) return store_some_rows<S>(sum, n_rows, out, row, to);
  if (out.bias != nullptr) sum = S::add(sum, S::load(out.bias + row));
  if (out.accumulate) sum = S::add(sum, S::load(to));
  S::store(to, sum);
}

// Weights come from memory once and in order; the processor's own prefetching stops at each page's end. The distance
// covers the memory's latency; that it reaches beyond the matrix does no harm, and fetches the next one.
constexpr int prefetch_distance = 16384;

// The weights of one block of one group, unpacked.
template <class S, TensorType type>
UPDRAFT_INLINE void load_block(const std::uint8_t* quants, typename S::B (&w)[8]) {
  if constexpr (type == TensorType::q8_0) {
    UPDRAFT_UNROLL for (int i = 0; i < 8; ++i) w[i] = S::load_bytes(quants + i * 4 * S::lanes);
  } else {
    UPDRAFT_UNROLL for (int i = 0; i < 4; ++i) {
      const typename S::B both = S::load_bytes(quants + i * 4 * S::lanes);
      w[i] = S::low_nibbles(both);
      w[4 + i] = S::high_nibbles(both);
    }
  }
}

// G groups of weights, `group_bytes` apart, times T rows of quantised activations. `fetches`: the weights come from
// memory, not from an earlier tile.
template <class S, TensorType type, bool centred, int G, int T>
UPDRAFT_INLINE void multiply_quantized(const std::uint8_t* group, std::size_t group_bytes, int blocks,
                                       const QuantizedRows& a, bool fetches, typename S::F (&sum)[G][T]) {
  constexpr bool has_minima = type == TensorType::q4_1 || centred;  // or sums
  constexpr int quant_bytes = (type == TensorType::q8_0 ? 32 : 16) * S::lanes;
  const std::ptrdiff_t scales = std::ptrdiff_t{blocks} * quant_bytes;
  const std::ptrdiff_t minima = scales + std::ptrdiff_t{blocks} * S::lanes * 2;
  const std::int8_t* activations = a.data;
  const std::ptrdiff_t stride = a.stride;
  constexpr int block_bytes = quant_bytes + (has_minima ? 4 : 2) * S::lanes;
  const std::uint8_t* ahead = group + prefetch_distance;

  UPDRAFT_UNROLL for (int g = 0; g < G; ++g) { UPDRAFT_UNROLL for (int t = 0; t < T; ++t) sum[g][t] = S::zero(); }
  for (int b = 0; b < blocks; ++b) {
    if (fetches) {
      UPDRAFT_UNROLL for (int i = 0; i < G * block_bytes; i += 64) __builtin_prefetch(ahead + i, 0, 2);
      ahead += G * block_bytes;
    }
    typename S::B w[G][8];
    typename S::F scale[G];
    UPDRAFT_UNROLL for (int g = 0; g < G; ++g) {
      const std::uint8_t* from = group + g * group_bytes;
      load_block<S, type>(from + std::ptrdiff_t{b} * quant_bytes, w[g]);
      scale[g] = S::load_f16(reinterpret_cast<const std::uint16_t*>(from + scales) + b * S::lanes);
    }
    UPDRAFT_UNROLL for (int t = 0; t < T; ++t) {
      const std::int8_t* block = activations + t * stride;
      float a_scale;
      std::int32_t minus_sum;
      std::memcpy(&a_scale, block + QuantizedRows::scale_at, 4);
      std::memcpy(&minus_sum, block + QuantizedRows::sum_at, 4);
      if constexpr (type == TensorType::q4_1) minus_sum = 0;
      if constexpr (type == TensorType::q8_0 && !centred) minus_sum *= S::q8_bias / 8;
      typename S::I dot[G];
      UPDRAFT_UNROLL for (int g = 0; g < G; ++g) dot[g] = S::set_int(minus_sum);
      if constexpr (type == TensorType::q8_0) {
        S::template dot_bytes<G>(dot, w, block);
      } else {
        S::template dot_nibbles<G>(dot, w, block);
      }
      UPDRAFT_UNROLL for (int g = 0; g < G; ++g) {
        sum[g][t] = S::fma(S::to_float(dot[g]), S::mul(scale[g], S::set(a_scale)), sum[g][t]);
      }
      if constexpr (has_minima) {
        float factor;
        std::memcpy(&factor, block + QuantizedRows::factor_at, 4);
        UPDRAFT_UNROLL for (int g = 0; g < G; ++g) {
          const auto* of_group = reinterpret_cast<const std::uint16_t*>(group + g * group_bytes + minima);
          sum[g][t] = S::fma(S::load_f16(of_group + b * S::lanes), S::set(factor), sum[g][t]);
        }
      }
    }
    activations += QuantizedRows::block_bytes;
  }
}

template <class S, TensorType type>
UPDRAFT_INLINE typename S::F load_weights(const std::uint8_t* group, int column) {
  if constexpr (type == TensorType::f32) {
    return S::load(reinterpret_cast<const float*>(group) + std::ptrdiff_t{column} * S::lanes);
  } else {
    const auto* half = reinterpret_cast<const std::uint16_t*>(group) + std::ptrdiff_t{column} * S::lanes;
    return type == TensorType::f16 ? S::load_f16(half) : S::load_bf16(half);
  }
}

// One group of weights times T rows of float activations.
template <class S, TensorType type, int T>
UPDRAFT_INLINE void multiply_floats(const std::uint8_t* group, int columns, const float* a, std::ptrdiff_t stride,
                                    typename S::F (&sum)[T]) {
  UPDRAFT_UNROLL for (int t = 0; t < T; ++t) sum[t] = S::zero();
  for (int c = 0; c < columns; ++c) {
    const typename S::F w = load_weights<S, type>(group, c);
    UPDRAFT_UNROLL for (int t = 0; t < T; ++t) sum[t] = S::fma(w, S::set(a[t * stride + c]), sum[t]);
  }
}

// G groups of weights times T rows of activations, stored. Not inlined: a function that held all G and T would choke
// the compiler.
template <class S, TensorType type, bool centred, int G, int T>
__attribute__((noinline)) void multiply_tile(const PackedMatrix& w, int group, const Activations& a, int first,
                                             const Output& out, std::ptrdiff_t row) {
  typename S::F sum[G][T];
  if constexpr (is_quantized(type)) {
    multiply_quantized<S, type, centred, G, T>(w.group(group), w.group_bytes, w.columns / block_size,
                                               a.quantized.from(first), first == 0, sum);
  } else {
    multiply_floats<S, type, T>(w.group(group), w.columns, a.floats + first * a.stride, a.stride, sum[0]);
  }
  UPDRAFT_UNROLL for (int g = 0; g < G; ++g) {
    const int n_rows = smaller(S::lanes, w.rows - (group + g) * S::lanes);
    UPDRAFT_UNROLL for (int t = 0; t < T; ++t) store_rows<S>(sum[g][t], n_rows, out, row + g * S::lanes, first + t);
  }
}

template <class S, TensorType type, bool centred = false>
void matmul_of(const PackedMatrix& w, int group_begin, int group_end, const Activations& a, int m, const Output& out) {
  // Eight bits are broadcast and multiplied without unpacking: two groups share the broadcasts.
  constexpr int at_once = type == TensorType::q8_0 ? S::groups_at_once : 1;
  for (int g = group_begin; g < group_end;) {
    const std::ptrdiff_t row = std::ptrdiff_t{g - group_begin} * S::lanes;
    if (at_once > 1 && group_end - g >= at_once) {
      for_tiles<S::tile / (at_once + 1)>(
          m, [&]<int T>(int first) { multiply_tile<S, type, centred, at_once, T>(w, g, a, first, out, row); });
      g += at_once;
    } else {
      for_tiles<S::tile>(m, [&]<int T>(int first) { multiply_tile<S, type, centred, 1, T>(w, g, a, first, out, row); });
      ++g;
    }
  }
}

template <class S>
void matmul(const PackedMatrix& w, int group_begin, int group_end, const Activations& a, int m, const Output& out) {
  switch (w.type) {
    case TensorType::q4_0:
      return matmul_of<S, TensorType::q4_0>(w, group_begin, group_end, a, m, out);
    case TensorType::q4_1:
      return matmul_of<S, TensorType::q4_1>(w, group_begin, group_end, a, m, out);
    case TensorType::q8_0:
      if (w.centred) return matmul_of<S, TensorType::q8_0, true>(w, group_begin, group_end, a, m, out);
      return matmul_of<S, TensorType::q8_0>(w, group_begin, group_end, a, m, out);
    case TensorType::f16:
      return matmul_of<S, TensorType::f16>(w, group_begin, group_end, a, m, out);
    case TensorType::bf16:
      return matmul_of<S, TensorType::bf16>(w, group_begin, group_end, a, m, out);
    case TensorType::f32:
      return matmul_of<S, TensorType::f32>(w, group_begin, group_end, a, m, out);
  }
}

// As much as multiply_quantized() leaves to its caller: it fetches from prefetch_distance on.
void prefetch(const PackedMatrix& w, int group_begin, int group_end) {
  const std::uint8_t* begin = w.group(group_begin);
  const std::ptrdiff_t bytes = w.group(group_end) - begin;
  for (std::ptrdiff_t at = 0; at < bytes && at < prefetch_distance; at += 64) __builtin_prefetch(begin + at, 0, 2);
}

// Blocks that reach no further than this are zero.
constexpr float smallest_magnitude = 1e-30F;

template <class S, bool centred>
void quantize_rows(const float* in, std::ptrdiff_t in_stride, int m, const QuantizedRows& out, int first_block,
                   int n_blocks) {
  constexpr int registers = block_size / S::lanes;
  for (int t = 0; t < m; ++t) {
    std::int8_t* block = out.row(t) + first_block * QuantizedRows::block_bytes;
    const float* x = in + t * in_stride;
    for (int b = 0; b < n_blocks; ++b, x += block_size, block += QuantizedRows::block_bytes) {
      typename S::F value[registers];
      UPDRAFT_UNROLL for (int i = 0; i < registers; ++i) value[i] = S::load(x + i * S::lanes);
      float magnitude, centre = 0;
      typename S::F highest = value[0], lowest = S::sub(S::zero(), value[0]);  // the latter with its sign turned
      UPDRAFT_UNROLL for (int i = 1; i < registers; ++i) {
        highest = S::max(highest, value[i]);
        lowest = S::max(lowest, S::sub(S::zero(), value[i]));
      }
      if constexpr (centred) {
        const float high = S::reduce_max(highest), low = S::reduce_max(lowest);
        magnitude = 0.5F * (high + low);
        centre = 0.5F * (high - low);
        UPDRAFT_UNROLL for (int i = 0; i < registers; ++i) value[i] = S::sub(value[i], S::set(centre));
      } else {
        magnitude = S::reduce_max(S::max(highest, lowest));
      }
      const float scale = magnitude / 127.0F;
      const float inverse = magnitude > smallest_magnitude ? 127.0F / magnitude : 0.0F;
      typename S::I q[registers];
      UPDRAFT_UNROLL for (int i = 0; i < registers; ++i) {
        // What is not a number becomes -127.
        q[i] = S::to_int(S::max(S::mul(value[i], S::set(inverse)), S::set(-127.0F)));
      }
      const std::int32_t sum = S::store_bytes(block, q);
      const std::int32_t minus_sum = (centred ? -S::q8_bias : -8) * sum;
      const float factor = centred ? centre : scale * static_cast<float>(sum);
      std::memcpy(block + QuantizedRows::scale_at, &scale, 4);
      std::memcpy(block + QuantizedRows::sum_at, &minus_sum, 4);
      std::memcpy(block + QuantizedRows::factor_at, &factor, 4);
    }
  }
}

// ---- Element by element ----

// e^x to a relative error below 3e-7 (Cody and Waite's reduction to |r| <= ln(2)/2, then Taylor's polynomial); 0 below
// -87.
template <class S>
UPDRAFT_INLINE typename S::F exponential(typename S::F x) {
  constexpr float lowest = -87.0F;
  const typename S::F bounded = S::min(S::max(x, S::set(lowest)), S::set(88.0F));
  const typename S::F n = S::round(S::mul(bounded, S::set(1.44269504F)));
  typename S::F r = S::fma(n, S::set(-0.693359375F), bounded);  // ln(2) in two parts, the first one exact in n * part
  r = S::fma(n, S::set(2.12194440e-4F), r);
  typename S::F p = S::set(1.0F / 5040);
  p = S::fma(p, r, S::set(1.0F / 720));
  p = S::fma(p, r, S::set(1.0F / 120));
  p = S::fma(p, r, S::set(1.0F / 24));
  p = S::fma(p, r, S::set(1.0F / 6));
  p = S::fma(p, r, S::set(0.5F));
  p = S::fma(p, r, S::set(1.0F));
  p = S::fma(p, r, S::set(1.0F));
  return S::zero_where_less(S::times_power_of_two(p, n), x, lowest);
}

// x / (1 + e^-x)
template <class S>
UPDRAFT_INLINE typename S::F times_sigmoid(typename S::F x, typename S::F argument) {
  return S::div(x, S::add(S::set(1.0F), exponential<S>(S::sub(S::zero(), argument))));
}

template <class S>
void silu_multiply(const float* gate, const float* up, int n, float* out) {
  for (int i = 0; i < n; i += S::lanes) {
    const typename S::F g = S::load(gate + i);
    S::store(out + i, S::mul(times_sigmoid<S>(g, g), S::load(up + i)));
  }
}

template <class S>
void gelu(const float* in, int n, float* out) {
  // x/2 (1 + tanh u) = x sigmoid(2u), u = sqrt(2/pi) (x + 0.044715 x^3)
  for (int i = 0; i < n; i += S::lanes) {
    const typename S::F x = S::load(in + i);
    const typename S::F inner = S::fma(S::mul(x, x), S::set(0.044715F), S::set(1.0F));
    S::store(out + i, times_sigmoid<S>(x, S::mul(S::mul(x, S::set(2 * 0.79788456F)), inner)));
  }
}

// x/2 (1 + erf(x / sqrt(2))). erf is a rational function of x^2 times x, fitted on [-3.92, 3.92] (at most 2e-8 off
// before rounding); beyond, it is 1 in single precision.
template <class S>
void gelu_exact(const float* in, int n, float* out) {
  constexpr float p[] = {2.0347253e-6F, 2.8747884e-4F, 3.8683318e-3F, 5.3060493e-2F, 1.9276426e-1F, 1.12837902F};
  constexpr float q[] = {3.8070511e-5F, 1.1881150e-3F, 1.5172306e-2F, 1.1508469e-1F, 5.0416454e-1F, 1.0F};
  for (int i = 0; i < n; i += S::lanes) {
    const typename S::F x = S::load(in + i);
    const typename S::F c = S::min(S::max(S::mul(x, S::set(0.70710678F)), S::set(-3.92F)), S::set(3.92F));
    const typename S::F square = S::mul(c, c);
    typename S::F above = S::set(p[0]), below = S::set(q[0]);
    UPDRAFT_UNROLL for (int j = 1; j < 6; ++j) {
      above = S::fma(above, square, S::set(p[j]));
      below = S::fma(below, square, S::set(q[j]));
    }
    const typename S::F half = S::mul(x, S::set(0.5F));
    S::store(out + i, S::fma(half, S::div(S::mul(c, above), below), half));
  }
}

template <class S>
void rms_norm(const float* in, const float* scale, float epsilon, int n, float* out) {
  typename S::F squares = S::zero();
  for (int i = 0; i < n; i += S::lanes) {
    const typename S::F x = S::load(in + i);
    squares = S::fma(x, x, squares);
  }
  const float mean = S::reduce_add(squares) / static_cast<float>(n);
  const typename S::F factor = S::set(1.0F / __builtin_sqrtf(mean + epsilon));
  for (int i = 0; i < n; i += S::lanes) {
    S::store(out + i, S::mul(S::mul(S::load(in + i), factor), S::load(scale + i)));
  }
}

template <class S>
void layer_norm(const float* in, const float* scale, const float* shift, float epsilon, int n, float* out) {
  typename S::F sums = S::zero();
  for (int i = 0; i < n; i += S::lanes) sums = S::add(sums, S::load(in + i));
  const typename S::F mean = S::set(S::reduce_add(sums) / static_cast<float>(n));
  typename S::F squares = S::zero();
  for (int i = 0; i < n; i += S::lanes) {
    const typename S::F x = S::sub(S::load(in + i), mean);
    squares = S::fma(x, x, squares);
  }
  const float variance = S::reduce_add(squares) / static_cast<float>(n);
  const typename S::F factor = S::set(1.0F / __builtin_sqrtf(variance + epsilon));
  for (int i = 0; i < n; i += S::lanes) {
    const typename S::F x = S::mul(S::sub(S::load(in + i), mean), factor);
    S::store(out + i, S::fma(x, S::load(scale + i), S::load(shift + i)));
  }
}

template <class S>
void softmax(float* x, int n) {
  typename S::F largest = S::load(x);
  for (int i = S::lanes; i < n; i += S::lanes) largest = S::max(largest, S::load(x + i));
  const typename S::F top = S::set(S::reduce_max(largest));
  typename S::F sums = S::zero();
  for (int i = 0; i < n; i += S::lanes) {
    const typename S::F e = exponential<S>(S::sub(S::load(x + i), top));
    sums = S::add(sums, e);
    S::store(x + i, e);
  }
  const typename S::F factor = S::set(1.0F / S::reduce_add(sums));
  for (int i = 0; i < n; i += S::lanes) S::store(x + i, S::mul(S::load(x + i), factor));
}

// What is left behind whole registers, filled up with -infinity.
template <class S>
UPDRAFT_INLINE typename S::F load_rest(const float* x, int n) {
  float rest[S::lanes];
  for (int i = 0; i < S::lanes; ++i) rest[i] = i < n ? x[i] : -__builtin_inff();
  return S::load(rest);
}

template <class S>
float largest(const float* x, int n) {
  const int whole = n - n % S::lanes;
  typename S::F best = load_rest<S>(x + whole, n - whole);
  for (int i = 0; i < whole; i += S::lanes) best = S::max(best, S::load(x + i));
  return S::reduce_max(best);
}

template <class S>
float log_sum_exp(const float* x, int n) {
  const int whole = n - n % S::lanes;
  const float top = largest<S>(x, n);
  typename S::F sums = exponential<S>(S::sub(load_rest<S>(x + whole, n - whole), S::set(top)));
  for (int i = 0; i < whole; i += S::lanes) {
    sums = S::add(sums, exponential<S>(S::sub(S::load(x + i), S::set(top))));
  }
  return top + __builtin_logf(S::reduce_add(sums));
}

template <class S>
void rotate(float* x, const float* cs, float scale, int n) {
  const int half = n / 2;
  int i = 0;
  for (; i + S::lanes <= half; i += S::lanes) {
    const typename S::F a = S::load(x + i), b = S::load(x + half + i);
    const typename S::F c = S::load(cs + i), s = S::load(cs + half + i), by = S::set(scale);
    S::store(x + i, S::mul(S::sub(S::mul(a, c), S::mul(b, s)), by));
    S::store(x + half + i, S::mul(S::add(S::mul(a, s), S::mul(b, c)), by));
  }
  for (; i < half; ++i) {
    const float a = x[i], b = x[half + i], c = cs[i], s = cs[half + i];
    x[i] = (a * c - b * s) * scale;
    x[half + i] = (a * s + b * c) * scale;
  }
}

template <class S>
void to_f16(const float* in, int n, std::uint16_t* out) {
  const typename S::F most = S::set(65504.0F), least = S::set(-65504.0F);
  for (int i = 0; i < n; i += S::lanes) {
    S::store_f16(out + i, S::min(S::max(S::load(in + i), least), most));
  }
}

// ---- Convolution ----

template <class S>
UPDRAFT_INLINE typename S::F cut_to_six(typename S::F x) {
  return S::min(S::max(x, S::zero()), S::set(6.0F));
}

template <class S>
void relu6(const float* in, int n, float* out) {
  for (int i = 0; i < n; i += S::lanes) S::store(out + i, cut_to_six<S>(S::load(in + i)));
}

template <class S>
void depthwise(const float* const* taps, int n_taps, const float* weights, const float* bias, int n, float* out) {
  constexpr int registers = 32 / S::lanes;
  for (int c = 0; c < n; c += 32) {
    typename S::F sum[registers];
    UPDRAFT_UNROLL for (int r = 0; r < registers; ++r) sum[r] = S::load(bias + c + r * S::lanes);
    const float* w = weights + c;
    for (int t = 0; t < n_taps; ++t, w += n) {
      const float* x = taps[t] + c;
      UPDRAFT_UNROLL for (int r = 0; r < registers; ++r) {
        sum[r] = S::fma(S::load(x + r * S::lanes), S::load(w + r * S::lanes), sum[r]);
      }
    }
    UPDRAFT_UNROLL for (int r = 0; r < registers; ++r) S::store(out + c + r * S::lanes, cut_to_six<S>(sum[r]));
  }
}

// ---- Attention ----

template <class S>
void page_scores(const std::uint16_t* keys, const float* queries, std::ptrdiff_t queries_stride, int n_queries,
                 int head_dim, float* scores, std::ptrdiff_t scores_stride) {
  constexpr int registers = kv_page / S::lanes;
  for_tiles<S::tile / registers>(n_queries, [&]<int Q>(int first) {
    const float* q = queries + first * queries_stride;
    typename S::F sum[Q][registers];
    UPDRAFT_UNROLL for (int i = 0; i < Q; ++i) {
      UPDRAFT_UNROLL for (int r = 0; r < registers; ++r) sum[i][r] = S::zero();
    }
    for (int d = 0; d < head_dim; ++d) {
      typename S::F k[registers];
      UPDRAFT_UNROLL for (int r = 0; r < registers; ++r) k[r] = S::load_f16(keys + d * kv_page + r * S::lanes);
      UPDRAFT_UNROLL for (int i = 0; i < Q; ++i) {
        const typename S::F x = S::set(q[i * queries_stride + d]);
        UPDRAFT_UNROLL for (int r = 0; r < registers; ++r) sum[i][r] = S::fma(k[r], x, sum[i][r]);
      }
    }
    UPDRAFT_UNROLL for (int i = 0; i < Q; ++i) {
      UPDRAFT_UNROLL for (int r = 0; r < registers; ++r)
          S::store(scores + (first + i) * scores_stride + r * S::lanes, sum[i][r]);
    }
  });
}

// C registers of dimensions from `d` on, for all queries.
template <class S, int C>
UPDRAFT_INLINE void page_values_part(const std::uint16_t* values, const float* weights, std::ptrdiff_t weights_stride,
                                     int n_queries, int n_positions, int head_dim, int d, float* out,
                                     std::ptrdiff_t out_stride) {
  for_tiles<S::tile / 2 / C>(n_queries, [&]<int Q>(int first) {
    const float* w = weights + first * weights_stride;
    float* to = out + first * out_stride + d;
    typename S::F sum[Q][C];
    UPDRAFT_UNROLL for (int i = 0; i < Q; ++i) {
      UPDRAFT_UNROLL for (int c = 0; c < C; ++c) sum[i][c] = S::load(to + i * out_stride + c * S::lanes);
    }
    for (int p = 0; p < n_positions; ++p) {
      typename S::F v[C];
      UPDRAFT_UNROLL for (int c = 0; c < C; ++c) v[c] = S::load_f16(values + p * head_dim + d + c * S::lanes);
      UPDRAFT_UNROLL for (int i = 0; i < Q; ++i) {
        const typename S::F x = S::set(w[i * weights_stride + p]);
        UPDRAFT_UNROLL for (int c = 0; c < C; ++c) sum[i][c] = S::fma(v[c], x, sum[i][c]);
      }
    }
    UPDRAFT_UNROLL for (int i = 0; i < Q; ++i) {
      UPDRAFT_UNROLL for (int c = 0; c < C; ++c) S::store(to + i * out_stride + c * S::lanes, sum[i][c]);
    }
  });
}

template <class S>
void page_values(const std::uint16_t* values, const float* weights, std::ptrdiff_t weights_stride, int n_queries,
                 int n_positions, int head_dim, float* out, std::ptrdiff_t out_stride) {
  constexpr int wide = 2;  // registers
  int d = 0;
  for (; d + wide * S::lanes <= head_dim; d += wide * S::lanes) {
    page_values_part<S, wide>(values, weights, weights_stride, n_queries, n_positions, head_dim, d, out, out_stride);
  }
  for (; d < head_dim; d += S::lanes) {
    page_values_part<S, 1>(values, weights, weights_stride, n_queries, n_positions, head_dim, d, out, out_stride);
  }
}

template <class S>
constexpr Kernels make_kernels(std::string_view name, bool (*supported)()) {
  static_assert(kv_page % S::lanes == 0 && block_size % S::lanes == 0);
  return {.name = name,
          .group_rows = S::lanes,
          .q8_bias = S::q8_bias,
          .supported_by_runtime_system = supported,
          .quantize = quantize_rows<S, false>,
          .quantize_centred = quantize_rows<S, true>,
          .matmul = matmul<S>,
          .prefetch = prefetch,
          .rms_norm = rms_norm<S>,
          .layer_norm = layer_norm<S>,
          .silu_multiply = silu_multiply<S>,
          .gelu = gelu<S>,
          .gelu_exact = gelu_exact<S>,
          .softmax = softmax<S>,
          .largest = largest<S>,
          .log_sum_exp = log_sum_exp<S>,
          .rotate = rotate<S>,
          .to_f16 = to_f16<S>,
          .relu6 = relu6<S>,
          .depthwise = depthwise<S>,
          .page_scores = page_scores<S>,
          .page_values = page_values<S>};
}

}  // namespace
}  // namespace updraft::kernels
