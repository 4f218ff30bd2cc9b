// AVX-512 with VNNI (Ice Lake, Zen 4 and later): 16 lanes; unsigned weights times signed activations, four to a lane,
// in one instruction.
#include <immintrin.h>

#include "kernels/generic.h"
#include "kernels/instruction_sets.h"

namespace updraft::kernels {
namespace {

struct Avx512Vnni {
  static constexpr int lanes = 16;
  static constexpr int tile = 12;
  static constexpr int groups_at_once = 2;
  static constexpr int q8_bias = 128;

  using F = __m512;
  using I = __m512i;
  using B = __m512i;

  static UPDRAFT_INLINE F zero() { return _mm512_setzero_ps(); }
  static UPDRAFT_INLINE F set(float x) { return _mm512_set1_ps(x); }
  static UPDRAFT_INLINE F load(const float* p) { return _mm512_loadu_ps(p); }
  static UPDRAFT_INLINE void store(float* p, F x) { _mm512_storeu_ps(p, x); }
  static UPDRAFT_INLINE F add(F a, F b) { return _mm512_add_ps(a, b); }
  static UPDRAFT_INLINE F sub(F a, F b) { return _mm512_sub_ps(a, b); }
  static UPDRAFT_INLINE F mul(F a, F b) { return _mm512_mul_ps(a, b); }
  static UPDRAFT_INLINE F div(F a, F b) { return _mm512_div_ps(a, b); }
  static UPDRAFT_INLINE F fma(F a, F b, F c) { return _mm512_fmadd_ps(a, b, c); }
  static UPDRAFT_INLINE F max(F a, F b) { return _mm512_max_ps(a, b); }
  static UPDRAFT_INLINE F min(F a, F b) { return _mm512_min_ps(a, b); }
  static UPDRAFT_INLINE F round(F x) { return _mm512_roundscale_ps(x, _MM_FROUND_TO_NEAREST_INT | _MM_FROUND_NO_EXC); }
  static UPDRAFT_INLINE float reduce_add(F x) { return _mm512_reduce_add_ps(x); }
  static UPDRAFT_INLINE float reduce_max(F x) { return _mm512_reduce_max_ps(x); }
  static UPDRAFT_INLINE F times_power_of_two(F x, F n) { return _mm512_scalef_ps(x, n); }
  static UPDRAFT_INLINE F zero_where_less(F value, F x, float bound) {
    return _mm512_maskz_mov_ps(_mm512_cmp_ps_mask(x, set(bound), _CMP_NLT_UQ), value);
  }

  static UPDRAFT_INLINE F load_f16(const std::uint16_t* p) {
    return _mm512_cvtph_ps(_mm256_loadu_si256(reinterpret_cast<const __m256i*>(p)));
  }
  static UPDRAFT_INLINE F load_bf16(const std::uint16_t* p) {
    const __m256i half = _mm256_loadu_si256(reinterpret_cast<const __m256i*>(p));
    return _mm512_castsi512_ps(_mm512_slli_epi32(_mm512_cvtepu16_epi32(half), 16));
  }
  static UPDRAFT_INLINE void store_f16(std::uint16_t* p, F x) {
    _mm256_storeu_si256(reinterpret_cast<__m256i*>(p),
                        _mm512_cvtps_ph(x, _MM_FROUND_TO_NEAREST_INT | _MM_FROUND_NO_EXC));
  }

  static UPDRAFT_INLINE I set_int(std::int32_t x) { return _mm512_set1_epi32(x); }
  static UPDRAFT_INLINE I to_int(F x) { return _mm512_cvtps_epi32(x); }
  static UPDRAFT_INLINE F to_float(I x) { return _mm512_cvtepi32_ps(x); }
  static UPDRAFT_INLINE std::int32_t store_bytes(std::int8_t* p, const I (&x)[2]) {
    const __m256i bytes = _mm256_set_m128i(_mm512_cvtsepi32_epi8(x[1]), _mm512_cvtsepi32_epi8(x[0]));
    _mm256_storeu_si256(reinterpret_cast<__m256i*>(p), bytes);
    // Made unsigned, eight are added at a time.
    const __m256i sums = _mm256_sad_epu8(_mm256_xor_si256(bytes, _mm256_set1_epi8(-128)), _mm256_setzero_si256());
    const __m128i two = _mm_add_epi64(_mm256_castsi256_si128(sums), _mm256_extracti128_si256(sums, 1));
    return _mm_cvtsi128_si32(_mm_add_epi64(two, _mm_unpackhi_epi64(two, two))) - 32 * 128;
  }

  static UPDRAFT_INLINE B load_bytes(const std::uint8_t* p) { return _mm512_loadu_si512(p); }
  static UPDRAFT_INLINE B low_nibbles(B x) { return _mm512_and_si512(x, _mm512_set1_epi8(0x0F)); }
  static UPDRAFT_INLINE B high_nibbles(B x) { return low_nibbles(_mm512_srli_epi16(x, 4)); }

  template <int G>
  static UPDRAFT_INLINE void dot_bytes(I (&sum)[G], const B (&w)[G][8], const std::int8_t* a) {
    UPDRAFT_UNROLL for (int i = 0; i < 8; ++i) {
      std::int32_t four;
      std::memcpy(&four, a + i * 4, 4);
      const I all = _mm512_set1_epi32(four);
      UPDRAFT_UNROLL for (int g = 0; g < G; ++g) sum[g] = _mm512_dpbusd_epi32(sum[g], w[g][i], all);
    }
  }
  template <int G>
  static UPDRAFT_INLINE void dot_nibbles(I (&sum)[G], const B (&w)[G][8], const std::int8_t* a) {
    dot_bytes<G>(sum, w, a);
  }
};

bool supported() {
  return __builtin_cpu_supports("avx512f") && __builtin_cpu_supports("avx512bw") &&
         __builtin_cpu_supports("avx512vl") && __builtin_cpu_supports("avx512dq") &&
         __builtin_cpu_supports("avx512vnni");
}

}  // namespace

constinit const Kernels avx512_vnni_kernels = make_kernels<Avx512Vnni>("avx512_vnni", supported);

}  // namespace updraft::kernels
