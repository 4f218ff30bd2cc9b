#include "catalogue/dot.h"

#if defined(__x86_64__)
#include <immintrin.h>
#endif

namespace updraft::catalogue {

std::int32_t dot_portable(const std::int8_t* a, const std::int8_t* b, int n) {
  std::int32_t sum = 0;
  for (int i = 0; i < n; ++i) sum += std::int32_t{a[i]} * b[i];
  return sum;
}

#if defined(__x86_64__)
namespace {

__attribute__((target("avx2"))) __m256i load(const std::int8_t* x) {
  return _mm256_cvtepi8_epi16(_mm_loadu_si128(reinterpret_cast<const __m128i*>(x)));
}

__attribute__((target("avx2"))) std::int32_t dot_avx2(const std::int8_t* a, const std::int8_t* b, int n) {
  __m256i even = _mm256_setzero_si256(), odd = _mm256_setzero_si256();
  for (int i = 0; i < n; i += 32) {
    even = _mm256_add_epi32(even, _mm256_madd_epi16(load(a + i), load(b + i)));
    odd = _mm256_add_epi32(odd, _mm256_madd_epi16(load(a + i + 16), load(b + i + 16)));
  }
  const __m256i all = _mm256_add_epi32(even, odd);
  __m128i sum = _mm_add_epi32(_mm256_castsi256_si128(all), _mm256_extracti128_si256(all, 1));
  sum = _mm_add_epi32(sum, _mm_shuffle_epi32(sum, 0x4E));
  sum = _mm_add_epi32(sum, _mm_shuffle_epi32(sum, 0xB1));
  return _mm_cvtsi128_si32(sum);
}

}  // namespace
#endif

Dot best_dot() {
#if defined(__x86_64__)
  if (__builtin_cpu_supports("avx2") != 0) return dot_avx2;
#endif
  return dot_portable;
}

}  // namespace updraft::catalogue
