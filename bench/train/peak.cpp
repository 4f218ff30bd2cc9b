#include "bench/train/peak.h"

#include <ATen/ATen.h>
#include <ATen/Parallel.h>

#include "bench/peak.h"

namespace updraft::bench {
namespace {

template <class Work>
double gflops(double flops, const Work& work) {
  return flops / best_ms(work) * 1e-6;
}

#ifdef __x86_64__
constexpr int accumulators = 12;  // enough to hide the latency of each
constexpr int flops_a_product = 64;

// In assembler, for a compiler keeps accumulators in memory when it likes. Zeros all the way: no overflow.
#define PRODUCT(sum) "vdpbf16ps %%zmm31, %%zmm31, %%zmm" sum "\n\t"
void products(long n) {
  asm volatile(
      "vpxorq %%zmm31, %%zmm31, %%zmm31\n"
      "1:\n\t" PRODUCT("0") PRODUCT("1") PRODUCT("2") PRODUCT("3") PRODUCT("4") PRODUCT("5") PRODUCT("6") PRODUCT("7")
          PRODUCT("8") PRODUCT("9") PRODUCT("10") PRODUCT("11") "dec %0\n\tjnz 1b"
      : "+r"(n)
      :
      : "cc", "xmm0", "xmm1", "xmm2", "xmm3", "xmm4", "xmm5", "xmm6", "xmm7", "xmm8", "xmm9", "xmm10", "xmm11");
}
#undef PRODUCT
#endif

}  // namespace

double instruction_peak() {
#ifdef __x86_64__
  if (!__builtin_cpu_supports("avx512bf16")) return 0;
  constexpr long n = 4'000'000;
  const int threads = at::get_num_threads();
  return gflops(static_cast<double>(n) * accumulators * flops_a_product * threads, [&] {
    at::parallel_for(0, threads, 1, [&](std::int64_t begin, std::int64_t end) {
      for (std::int64_t i = begin; i < end; ++i) products(n);
    });
  });
#else
  return 0;
#endif
}

double matmul_peak() {
  constexpr std::int64_t n = 4096;
  const at::Tensor a = at::ones({n, n}, at::kBFloat16), b = at::ones({n, n}, at::kBFloat16);
  return gflops(2.0 * n * n * n, [&] { at::mm(a, b); });
}

}  // namespace updraft::bench
