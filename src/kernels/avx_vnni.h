// AVX2 with the dot product of VNNI on 8 lanes: unsigned weights times signed activations, four to a lane, in one
// instruction. It has two encodings: AVX-VNNI's (Alder Lake, Zen 5 and later), and that of AVX-512 for short registers,
// which tests take where a processor has only that one.
#pragma once

#include "kernels/avx2.h"

namespace updraft::kernels {
namespace {

struct AvxVnni : Avx2 {
  static constexpr int q8_bias = 128;

  static UPDRAFT_INLINE I add_products(I sum, B weights, I activations) {
#if defined(__AVXVNNI__)
    return _mm256_dpbusd_avx_epi32(sum, weights, activations);
#else
    return _mm256_dpbusd_epi32(sum, weights, activations);
#endif
  }
  template <int G>
  static UPDRAFT_INLINE void dot_bytes(I (&sum)[G], const B (&w)[G][8], const std::int8_t* a) {
    UPDRAFT_UNROLL for (int i = 0; i < 8; ++i) {
      const I all = four_activations(a + i * 4);
      UPDRAFT_UNROLL for (int g = 0; g < G; ++g) sum[g] = add_products(sum[g], w[g][i], all);
    }
  }
  template <int G>
  static UPDRAFT_INLINE void dot_nibbles(I (&sum)[G], const B (&w)[G][8], const std::int8_t* a) {
    dot_bytes<G>(sum, w, a);
  }
};

}  // namespace
}  // namespace updraft::kernels
