// 8 lanes of AVX2 with FMA and F16C; byte products are summed in pairs to 16 bits, then to 32.
#pragma once

#include <cpuid.h>
#include <immintrin.h>

#include "kernels/generic.h"

namespace updraft::kernels {
namespace {

struct Avx2 {
  static constexpr int lanes = 8;
  static constexpr int tile = 4;
  static constexpr int groups_at_once = 1;
  static constexpr int q8_bias = 0;

  using F = __m256;
  using I = __m256i;
  using B = __m256i;

  static UPDRAFT_INLINE F zero() { return _mm256_setzero_ps(); }
  static UPDRAFT_INLINE F set(float x) { return _mm256_set1_ps(x); }
  static UPDRAFT_INLINE F load(const float* p) { return _mm256_loadu_ps(p); }
  static UPDRAFT_INLINE void store(float* p, F x) { _mm256_storeu_ps(p, x); }
  static UPDRAFT_INLINE F add(F a, F b) { return _mm256_add_ps(a, b); }
  static UPDRAFT_INLINE F sub(F a, F b) { return _mm256_sub_ps(a, b); }
  static UPDRAFT_INLINE F mul(F a, F b) { return _mm256_mul_ps(a, b); }
  static UPDRAFT_INLINE F div(F a, F b) { return _mm256_div_ps(a, b); }
  static UPDRAFT_INLINE F fma(F a, F b, F c) { return _mm256_fmadd_ps(a, b, c); }
  static UPDRAFT_INLINE F max(F a, F b) { return _mm256_max_ps(a, b); }
  static UPDRAFT_INLINE F min(F a, F b) { return _mm256_min_ps(a, b); }
  static UPDRAFT_INLINE F round(F x) { return _mm256_round_ps(x, _MM_FROUND_TO_NEAREST_INT | _MM_FROUND_NO_EXC); }
  static UPDRAFT_INLINE float reduce_add(F x) {
    __m128 s = _mm_add_ps(_mm256_castps256_ps128(x), _mm256_extractf128_ps(x, 1));
    s = _mm_add_ps(s, _mm_movehl_ps(s, s));
    return _mm_cvtss_f32(_mm_add_ss(s, _mm_movehdup_ps(s)));
  }
  static UPDRAFT_INLINE float reduce_max(F x) {
    __m128 s = _mm_max_ps(_mm256_castps256_ps128(x), _mm256_extractf128_ps(x, 1));
    s = _mm_max_ps(s, _mm_movehl_ps(s, s));
    return _mm_cvtss_f32(_mm_max_ss(s, _mm_movehdup_ps(s)));
  }
  static UPDRAFT_INLINE F times_power_of_two(F x, F n) {
    // By way of the exponent's bits: n is -126..127 here.
    const __m256i exponent = _mm256_slli_epi32(_mm256_add_epi32(_mm256_cvtps_epi32(n), _mm256_set1_epi32(127)), 23);
    return mul(x, _mm256_castsi256_ps(exponent));
  }
  static UPDRAFT_INLINE F zero_where_less(F value, F x, float bound) {
    return _mm256_and_ps(_mm256_cmp_ps(x, set(bound), _CMP_NLT_UQ), value);
  }

  static UPDRAFT_INLINE F load_f16(const std::uint16_t* p) {
    return _mm256_cvtph_ps(_mm_loadu_si128(reinterpret_cast<const __m128i*>(p)));
  }
  static UPDRAFT_INLINE F load_bf16(const std::uint16_t* p) {
    const __m128i half = _mm_loadu_si128(reinterpret_cast<const __m128i*>(p));
    return _mm256_castsi256_ps(_mm256_slli_epi32(_mm256_cvtepu16_epi32(half), 16));
  }
  static UPDRAFT_INLINE void store_f16(std::uint16_t* p, F x) {
    _mm_storeu_si128(reinterpret_cast<__m128i*>(p), _mm256_cvtps_ph(x, _MM_FROUND_TO_NEAREST_INT | _MM_FROUND_NO_EXC));
  }

  static UPDRAFT_INLINE I set_int(std::int32_t x) { return _mm256_set1_epi32(x); }
  static UPDRAFT_INLINE I to_int(F x) { return _mm256_cvtps_epi32(x); }
  static UPDRAFT_INLINE F to_float(I x) { return _mm256_cvtepi32_ps(x); }
  static UPDRAFT_INLINE std::int32_t store_bytes(std::int8_t* p, const I (&x)[4]) {
    // Packing works in halves of registers, so that four bytes of each come to stand apart.
    const __m256i apart = _mm256_packs_epi16(_mm256_packs_epi32(x[0], x[1]), _mm256_packs_epi32(x[2], x[3]));
    const __m256i bytes = _mm256_permutevar8x32_epi32(apart, _mm256_setr_epi32(0, 4, 1, 5, 2, 6, 3, 7));
    _mm256_storeu_si256(reinterpret_cast<__m256i*>(p), bytes);
    // Made unsigned, eight are added at a time.
    const __m256i sums = _mm256_sad_epu8(_mm256_xor_si256(bytes, _mm256_set1_epi8(-128)), _mm256_setzero_si256());
    const __m128i two = _mm_add_epi64(_mm256_castsi256_si128(sums), _mm256_extracti128_si256(sums, 1));
    return _mm_cvtsi128_si32(_mm_add_epi64(two, _mm_unpackhi_epi64(two, two))) - 32 * 128;
  }

  static UPDRAFT_INLINE B load_bytes(const std::uint8_t* p) {
    return _mm256_loadu_si256(reinterpret_cast<const __m256i*>(p));
  }
  static UPDRAFT_INLINE B low_nibbles(B x) { return _mm256_and_si256(x, _mm256_set1_epi8(0x0F)); }
  static UPDRAFT_INLINE B high_nibbles(B x) { return low_nibbles(_mm256_srli_epi16(x, 4)); }

  static UPDRAFT_INLINE __m256i four_activations(const std::int8_t* a) {
    std::int32_t four;
    std::memcpy(&four, a, 4);
    return _mm256_set1_epi32(four);
  }
  template <int G>
  static UPDRAFT_INLINE void dot_nibbles(I (&sum)[G], const B (&w)[G][8], const std::int8_t* a) {
    UPDRAFT_UNROLL for (int g = 0; g < G; ++g) sum[g] = dot_nibbles(sum[g], w[g], a);
  }
  template <int G>
  static UPDRAFT_INLINE void dot_bytes(I (&sum)[G], const B (&w)[G][8], const std::int8_t* a) {
    UPDRAFT_UNROLL for (int g = 0; g < G; ++g) sum[g] = dot_bytes(sum[g], w[g], a);
  }
  static UPDRAFT_INLINE I dot_nibbles(I init, const B (&w)[8], const std::int8_t* a) {
    // Eight pairs of products of at most 15 * 127 fit in 16 bits (30,480), so they are widened once a block.
    __m256i pairs = _mm256_maddubs_epi16(w[0], four_activations(a));
    UPDRAFT_UNROLL for (int i = 1; i < 8; ++i) {
      pairs = _mm256_add_epi16(pairs, _mm256_maddubs_epi16(w[i], four_activations(a + i * 4)));
    }
    return _mm256_add_epi32(init, _mm256_madd_epi16(pairs, _mm256_set1_epi16(1)));
  }
  static UPDRAFT_INLINE I dot_bytes(I init, const B (&w)[8], const std::int8_t* a) {
    // |w| times a with w's sign: a pair is at most 2 * 128 * 127, which just fits.
    I sum = init;
    UPDRAFT_UNROLL for (int i = 0; i < 8; ++i) {
      const __m256i pairs =
          _mm256_maddubs_epi16(_mm256_sign_epi8(w[i], w[i]), _mm256_sign_epi8(four_activations(a + i * 4), w[i]));
      sum = _mm256_add_epi32(sum, _mm256_madd_epi16(pairs, _mm256_set1_epi16(1)));
    }
    return sum;
  }
};

// clang 14's __builtin_cpu_supports knows no "f16c".
inline bool has_f16c() {
  unsigned a = 0, b = 0, c = 0, d = 0;
  return __get_cpuid(1, &a, &b, &c, &d) != 0 && (c & bit_F16C) != 0;
}

inline bool has_avx2() { return __builtin_cpu_supports("avx2") && __builtin_cpu_supports("fma") && has_f16c(); }

}  // namespace
}  // namespace updraft::kernels
