// Plain C++: runs everywhere, and is slow enough that any real instruction set is worth a file beside this one.
#include <algorithm>
#include <cmath>
#include <limits>

#include "kernels/generic.h"
#include "kernels/instruction_sets.h"

namespace updraft::kernels {
namespace {

struct Portable {
  static constexpr int lanes = 8;
  static constexpr int tile = 4;
  static constexpr int groups_at_once = 1;
  static constexpr int q8_bias = 0;

  struct F {
    float v[lanes];
  };
  struct I {
    std::int32_t v[lanes];
  };
  struct B {
    std::uint8_t v[lanes * 4];
  };

  template <class Function>
  static F each(const Function& f) {
    F out;
    for (int i = 0; i < lanes; ++i) out.v[i] = f(i);
    return out;
  }

  static F zero() { return set(0); }
  static F set(float x) {
    return each([&](int) { return x; });
  }
  static F load(const float* p) {
    return each([&](int i) { return p[i]; });
  }
  static void store(float* p, const F& x) {
    for (int i = 0; i < lanes; ++i) p[i] = x.v[i];
  }
  static F add(const F& a, const F& b) {
    return each([&](int i) { return a.v[i] + b.v[i]; });
  }
  static F sub(const F& a, const F& b) {
    return each([&](int i) { return a.v[i] - b.v[i]; });
  }
  static F mul(const F& a, const F& b) {
    return each([&](int i) { return a.v[i] * b.v[i]; });
  }
  static F div(const F& a, const F& b) {
    return each([&](int i) { return a.v[i] / b.v[i]; });
  }
  static F fma(const F& a, const F& b, const F& c) {
    return each([&](int i) { return std::fma(a.v[i], b.v[i], c.v[i]); });
  }
  // The second operand where one is not a number, as x86 does it.
  static F max(const F& a, const F& b) {
    return each([&](int i) { return a.v[i] > b.v[i] ? a.v[i] : b.v[i]; });
  }
  static F min(const F& a, const F& b) {
    return each([&](int i) { return a.v[i] < b.v[i] ? a.v[i] : b.v[i]; });
  }
  static F round(const F& x) {
    return each([&](int i) { return std::nearbyint(x.v[i]); });
  }
  static float reduce_add(const F& x) {
    return ((x.v[0] + x.v[4]) + (x.v[2] + x.v[6])) + ((x.v[1] + x.v[5]) + (x.v[3] + x.v[7]));
  }
  static float reduce_max(const F& x) {
    float m = x.v[0];
    for (int i = 1; i < lanes; ++i) m = m > x.v[i] ? m : x.v[i];
    return m;
  }
  static F times_power_of_two(const F& x, const F& n) {
    return each([&](int i) { return std::ldexp(x.v[i], static_cast<int>(n.v[i])); });
  }
  static F zero_where_less(const F& value, const F& x, float bound) {
    return each([&](int i) { return x.v[i] < bound ? 0.0F : value.v[i]; });
  }

  static F load_f16(const std::uint16_t* p) {
    return each([&](int i) { return gguf::f16_to_f32(p[i]); });
  }
  static F load_bf16(const std::uint16_t* p) {
    return each([&](int i) { return gguf::bf16_to_f32(p[i]); });
  }
  static void store_f16(std::uint16_t* p, const F& x) {
    for (int i = 0; i < lanes; ++i) p[i] = gguf::f32_to_f16(x.v[i]);
  }

  static I set_int(std::int32_t x) {
    I out;
    for (int i = 0; i < lanes; ++i) out.v[i] = x;
    return out;
  }
  // Saturates as x86 does; what is not a number becomes the smallest integer.
  static I to_int(const F& x) {
    I out;
    for (int i = 0; i < lanes; ++i) {
      const bool fits = std::abs(x.v[i]) < 0x1p31F;
      out.v[i] = fits ? static_cast<std::int32_t>(std::nearbyint(x.v[i])) : std::numeric_limits<std::int32_t>::min();
    }
    return out;
  }
  static F to_float(const I& x) {
    return each([&](int i) { return static_cast<float>(x.v[i]); });
  }
  static std::int32_t store_bytes(std::int8_t* p, const I (&x)[4]) {
    std::int32_t sum = 0;
    for (int i = 0; i < 4 * lanes; ++i) {
      p[i] = static_cast<std::int8_t>(std::clamp(x[i / lanes].v[i % lanes], -128, 127));
      sum += p[i];
    }
    return sum;
  }

  static B load_bytes(const std::uint8_t* p) {
    B out;
    std::memcpy(out.v, p, sizeof(out.v));
    return out;
  }
  static B low_nibbles(const B& x) {
    B out;
    for (int i = 0; i < lanes * 4; ++i) out.v[i] = x.v[i] & 0x0F;
    return out;
  }
  static B high_nibbles(const B& x) {
    B out;
    for (int i = 0; i < lanes * 4; ++i) out.v[i] = static_cast<std::uint8_t>(x.v[i] >> 4);
    return out;
  }
  template <class Weight>
  static I dot(I sum, const B (&w)[8], const std::int8_t* a) {
    for (int r = 0; r < 8; ++r) {
      for (int i = 0; i < lanes * 4; ++i) {
        sum.v[i / 4] += static_cast<Weight>(w[r].v[i]) * a[r * 4 + i % 4];
      }
    }
    return sum;
  }
  template <int G>
  static void dot_nibbles(I (&sum)[G], const B (&w)[G][8], const std::int8_t* a) {
    for (int g = 0; g < G; ++g) sum[g] = dot<std::uint8_t>(sum[g], w[g], a);
  }
  template <int G>
  static void dot_bytes(I (&sum)[G], const B (&w)[G][8], const std::int8_t* a) {
    for (int g = 0; g < G; ++g) sum[g] = dot<std::int8_t>(sum[g], w[g], a);
  }
};

bool supported() { return true; }

}  // namespace

constinit const Kernels portable_kernels = make_kernels<Portable>("portable", supported);

}  // namespace updraft::kernels
