// NEON with the dot product extension (Cortex-A76, Neoverse N1, Apple M1 and later): 8 lanes in two registers; four
// products of signed bytes to a lane in one instruction, which picks the activations from a register by itself.
#include <arm_neon.h>
#include <sys/auxv.h>

#include "kernels/generic.h"
#include "kernels/instruction_sets.h"

namespace updraft::kernels {
namespace {

struct NeonDotprod {
  static constexpr int lanes = 8;
  static constexpr int tile = 4;  // 16 of the 32 registers hold a block of weights
  static constexpr int groups_at_once = 1;
  static constexpr int q8_bias = 0;

  struct F {
    float32x4_t low, high;
  };
  struct I {
    int32x4_t low, high;
  };
  struct B {
    int8x16_t low, high;
  };

  static UPDRAFT_INLINE F zero() { return set(0); }
  static UPDRAFT_INLINE F set(float x) { return {vdupq_n_f32(x), vdupq_n_f32(x)}; }
  static UPDRAFT_INLINE F load(const float* p) { return {vld1q_f32(p), vld1q_f32(p + 4)}; }
  static UPDRAFT_INLINE void store(float* p, F x) {
    vst1q_f32(p, x.low);
    vst1q_f32(p + 4, x.high);
  }
  static UPDRAFT_INLINE F add(F a, F b) { return {vaddq_f32(a.low, b.low), vaddq_f32(a.high, b.high)}; }
  static UPDRAFT_INLINE F sub(F a, F b) { return {vsubq_f32(a.low, b.low), vsubq_f32(a.high, b.high)}; }
  static UPDRAFT_INLINE F mul(F a, F b) { return {vmulq_f32(a.low, b.low), vmulq_f32(a.high, b.high)}; }
  static UPDRAFT_INLINE F div(F a, F b) { return {vdivq_f32(a.low, b.low), vdivq_f32(a.high, b.high)}; }
  static UPDRAFT_INLINE F fma(F a, F b, F c) {
    return {vfmaq_f32(c.low, a.low, b.low), vfmaq_f32(c.high, a.high, b.high)};
  }
  // The other operand where one is not a number.
  static UPDRAFT_INLINE F max(F a, F b) { return {vmaxnmq_f32(a.low, b.low), vmaxnmq_f32(a.high, b.high)}; }
  static UPDRAFT_INLINE F min(F a, F b) { return {vminnmq_f32(a.low, b.low), vminnmq_f32(a.high, b.high)}; }
  static UPDRAFT_INLINE F round(F x) { return {vrndnq_f32(x.low), vrndnq_f32(x.high)}; }
  static UPDRAFT_INLINE float reduce_add(F x) {
    const float32x4_t four = vaddq_f32(x.low, x.high);
    return vaddv_f32(vadd_f32(vget_low_f32(four), vget_high_f32(four)));
  }
  static UPDRAFT_INLINE float reduce_max(F x) { return vmaxnmvq_f32(vmaxnmq_f32(x.low, x.high)); }
  static UPDRAFT_INLINE float32x4_t times_power_of_two(float32x4_t x, float32x4_t n) {
    // By way of the exponent's bits: n is -126..127 here.
    const int32x4_t exponent = vshlq_n_s32(vaddq_s32(vcvtq_s32_f32(n), vdupq_n_s32(127)), 23);
    return vmulq_f32(x, vreinterpretq_f32_s32(exponent));
  }
  static UPDRAFT_INLINE F times_power_of_two(F x, F n) {
    return {times_power_of_two(x.low, n.low), times_power_of_two(x.high, n.high)};
  }
  static UPDRAFT_INLINE float32x4_t zero_where_less(float32x4_t value, float32x4_t x, float bound) {
    const uint32x4_t less = vcltq_f32(x, vdupq_n_f32(bound));
    return vreinterpretq_f32_u32(vbicq_u32(vreinterpretq_u32_f32(value), less));
  }
  static UPDRAFT_INLINE F zero_where_less(F value, F x, float bound) {
    return {zero_where_less(value.low, x.low, bound), zero_where_less(value.high, x.high, bound)};
  }

  static UPDRAFT_INLINE F load_f16(const std::uint16_t* p) {
    const float16x8_t half = vreinterpretq_f16_u16(vld1q_u16(p));
    return {vcvt_f32_f16(vget_low_f16(half)), vcvt_high_f32_f16(half)};
  }
  static UPDRAFT_INLINE F load_bf16(const std::uint16_t* p) {
    const uint16x8_t half = vld1q_u16(p);
    return {vreinterpretq_f32_u32(vshll_n_u16(vget_low_u16(half), 16)),
            vreinterpretq_f32_u32(vshll_high_n_u16(half, 16))};
  }
  static UPDRAFT_INLINE void store_f16(std::uint16_t* p, F x) {
    vst1q_u16(p, vreinterpretq_u16_f16(vcvt_high_f16_f32(vcvt_f16_f32(x.low), x.high)));
  }

  static UPDRAFT_INLINE I set_int(std::int32_t x) { return {vdupq_n_s32(x), vdupq_n_s32(x)}; }
  static UPDRAFT_INLINE I to_int(F x) { return {vcvtnq_s32_f32(x.low), vcvtnq_s32_f32(x.high)}; }
  static UPDRAFT_INLINE F to_float(I x) { return {vcvtq_f32_s32(x.low), vcvtq_f32_s32(x.high)}; }
  static UPDRAFT_INLINE int16x8_t to_shorts(I x) { return vqmovn_high_s32(vqmovn_s32(x.low), x.high); }
  static UPDRAFT_INLINE int8x16_t to_bytes(I first, I second) {
    return vqmovn_high_s16(vqmovn_s16(to_shorts(first)), to_shorts(second));
  }
  static UPDRAFT_INLINE std::int32_t store_bytes(std::int8_t* p, const I (&x)[4]) {
    const int8x16_t first = to_bytes(x[0], x[1]), second = to_bytes(x[2], x[3]);
    vst1q_s8(p, first);
    vst1q_s8(p + 16, second);
    return vaddlvq_s8(first) + vaddlvq_s8(second);
  }

  static UPDRAFT_INLINE B load_bytes(const std::uint8_t* p) {
    return {vreinterpretq_s8_u8(vld1q_u8(p)), vreinterpretq_s8_u8(vld1q_u8(p + 16))};
  }
  static UPDRAFT_INLINE B low_nibbles(B x) {
    return {vandq_s8(x.low, vdupq_n_s8(0x0F)), vandq_s8(x.high, vdupq_n_s8(0x0F))};
  }
  static UPDRAFT_INLINE int8x16_t high_nibbles(int8x16_t x) {
    return vreinterpretq_s8_u8(vshrq_n_u8(vreinterpretq_u8_s8(x), 4));
  }
  static UPDRAFT_INLINE B high_nibbles(B x) { return {high_nibbles(x.low), high_nibbles(x.high)}; }

  // Word `word` of four activations times the same word of each row's weights.
  template <int word>
  static UPDRAFT_INLINE void dot_word(I& sum, const B& w, int8x16_t four_words) {
    sum.low = vdotq_laneq_s32(sum.low, w.low, four_words, word);
    sum.high = vdotq_laneq_s32(sum.high, w.high, four_words, word);
  }
  static UPDRAFT_INLINE void dot_bytes(I& sum, const B (&w)[8], const std::int8_t* a) {
    const int8x16_t first = vld1q_s8(a), second = vld1q_s8(a + 16);
    dot_word<0>(sum, w[0], first);
    dot_word<1>(sum, w[1], first);
    dot_word<2>(sum, w[2], first);
    dot_word<3>(sum, w[3], first);
    dot_word<0>(sum, w[4], second);
    dot_word<1>(sum, w[5], second);
    dot_word<2>(sum, w[6], second);
    dot_word<3>(sum, w[7], second);
  }
  template <int G>
  static UPDRAFT_INLINE void dot_bytes(I (&sum)[G], const B (&w)[G][8], const std::int8_t* a) {
    UPDRAFT_UNROLL for (int g = 0; g < G; ++g) dot_bytes(sum[g], w[g], a);
  }
  template <int G>
  static UPDRAFT_INLINE void dot_nibbles(I (&sum)[G], const B (&w)[G][8], const std::int8_t* a) {
    dot_bytes<G>(sum, w, a);
  }
};

bool supported() { return (getauxval(AT_HWCAP) & HWCAP_ASIMDDP) != 0; }

}  // namespace

constinit const Kernels neon_dotprod_kernels = make_kernels<NeonDotprod>("neon_dotprod", supported);

}  // namespace updraft::kernels
