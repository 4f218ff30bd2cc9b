#include "bench/peak.h"

#include <array>
#include <span>
#include <string_view>

namespace updraft::bench {
namespace {

using kernels::ThreadPool;
using kernels::Worker;

// As wide as loads can be; the compiler cuts it up for narrower registers.
using Wide = std::uint64_t __attribute__((vector_size(64)));
constexpr std::size_t sums = 8;

#if defined(__x86_64__)
#define FOR_EACH_SET __attribute__((target_clones("avx512f", "avx2", "default")))
#else
#define FOR_EACH_SET
#endif

// words: a multiple of 64.
FOR_EACH_SET std::uint64_t sum_of(const std::uint64_t* words, std::size_t n) {
  constexpr std::size_t ahead = 4096;  // the processor's own prefetching stops at each page's end
  Wide sum[sums] = {};
  const auto* at = reinterpret_cast<const Wide*>(words);
  for (std::size_t i = 0; i < n / 8; i += sums) {
    for (std::size_t s = 0; s < sums; ++s) {
      __builtin_prefetch(reinterpret_cast<const char*>(at + i + s) + ahead, 0, 2);
      sum[s] += at[i + s];
    }
  }
  for (std::size_t s = 1; s < sums; ++s) sum[0] += sum[s];
  return sum[0][0] + sum[0][1] + sum[0][2] + sum[0][3] + sum[0][4] + sum[0][5] + sum[0][6] + sum[0][7];
}

struct Instruction {
  std::string_view kernels, name;
  double dot_macs, float_macs;  // a loop's
  void (*dots)(long loops);
  void (*floats)(long loops);
};

#if defined(__x86_64__)
// In assembler, for a compiler keeps sums in memory when it likes. Twelve of them hide the latency of each. Zeros all
// the way: nothing overflows.
#define TWELVE(DO) DO("0") DO("1") DO("2") DO("3") DO("4") DO("5") DO("6") DO("7") DO("8") DO("9") DO("10") DO("11")
#define LOOP(DO)                                                                                                \
  asm volatile(TWELVE(CLEAR) CLEAR("15") "1:\n\t" TWELVE(DO) "dec %0\n\tjnz 1b\n\tvzeroupper"                   \
               : "+r"(loops)                                                                                    \
               :                                                                                                \
               : "cc", "xmm0", "xmm1", "xmm2", "xmm3", "xmm4", "xmm5", "xmm6", "xmm7", "xmm8", "xmm9", "xmm10", \
                 "xmm11", "xmm14", "xmm15")
#define CLEAR(sum) "vpxor %%xmm" sum ", %%xmm" sum ", %%xmm" sum "\n\t"
#define DPBUSD(sum) "vpdpbusd %%zmm15, %%zmm15, %%zmm" sum "\n\t"
// Pairs fit in 16 bits for a while: what widens them is needed once in eight, and not counted.
#define MADDUBS(sum) "vpmaddubsw %%ymm15, %%ymm15, %%ymm14\n\tvpaddw %%ymm14, %%ymm" sum ", %%ymm" sum "\n\t"
#define FMA_ZMM(sum) "vfmadd231ps %%zmm15, %%zmm15, %%zmm" sum "\n\t"
#define FMA_YMM(sum) "vfmadd231ps %%ymm15, %%ymm15, %%ymm" sum "\n\t"

constexpr std::array<Instruction, 2> instructions{{
    {"avx512_vnni", "vpdpbusd and vfmadd231ps on zmm", 12 * 64, 12 * 16, [](long loops) { LOOP(DPBUSD); },
     [](long loops) { LOOP(FMA_ZMM); }},
    {"avx2", "vpmaddubsw with vpaddw, and vfmadd231ps on ymm", 12 * 32, 12 * 8, [](long loops) { LOOP(MADDUBS); },
     [](long loops) { LOOP(FMA_YMM); }},
}};
#else
constexpr std::array<Instruction, 0> instructions{};
#endif

double gmacs(ThreadPool& pool, double macs, void (*run)(long loops)) {
  constexpr long loops = 2'000'000;
  return macs * loops * pool.size() * 1e-6 / best_ms([&] { pool.run([&](Worker&) { run(loops); }); });
}

double barrier_us(ThreadPool& pool) {
  constexpr int n = 20'000;
  return 1000.0 / n * best_ms([&] {
           pool.run([&](Worker& worker) {
             for (int i = 0; i < n; ++i) worker.barrier();
           });
         });
}

double gbs(ThreadPool& pool, const ReadMemory& memory, int times) {
  return static_cast<double>(memory.bytes()) * times * 1e-6 / best_ms([&] { memory.read(pool, times); });
}

}  // namespace

// Written to, for pages that never were are all the same one.
ReadMemory::ReadMemory(std::size_t bytes) : words_(bytes / sizeof(std::uint64_t), kernels::Pages::large) {
  std::fill_n(words_.data(), words_.size(), 1);
}

void ReadMemory::read(ThreadPool& pool, int times) const {
  constexpr int page = 512;  // words
  const int pages = static_cast<int>(words_.size()) / page;
  pool.run([&](Worker& worker) {
    const auto mine = worker.share(pages);
    volatile std::uint64_t sum = 0;
    for (int i = 0; i < times; ++i) {
      sum = sum + sum_of(words_.data() + std::size_t{page} * static_cast<std::size_t>(mine.begin),
                         std::size_t{page} * static_cast<std::size_t>(mine.end - mine.begin));
    }
  });
}

Peaks best_of(const Peaks& a, const Peaks& b) {
  return {.read_gbs = std::max(a.read_gbs, b.read_gbs),
          .read_l2_gbs = std::max(a.read_l2_gbs, b.read_l2_gbs),
          .dot_gmacs = std::max(a.dot_gmacs, b.dot_gmacs),
          .float_gmacs = std::max(a.float_gmacs, b.float_gmacs),
          .barrier_us = std::min(a.barrier_us, b.barrier_us),
          .instructions = a.instructions};
}

Result<Peaks> measure_peaks(ThreadPool& pool, const kernels::Kernels& k, const ReadMemory& memory) {
  const Instruction* its = std::find_if(instructions.begin(), instructions.end(),
                                        [&](const Instruction& instruction) { return instruction.kernels == k.name; });
  if (its == instructions.end()) {
    return fail(ErrorCode::unsupported, "no peak is known for the kernels '" + std::string(k.name) +
                                            "'; it takes an x86 processor with AVX2 or AVX-512 VNNI");
  }
  const ReadMemory small(static_cast<std::size_t>(pool.size()) * (std::size_t{256} << 10));
  return Peaks{.read_gbs = gbs(pool, memory, 1),
               .read_l2_gbs = gbs(pool, small, 200),
               .dot_gmacs = gmacs(pool, its->dot_macs, its->dots),
               .float_gmacs = gmacs(pool, its->float_macs, its->floats),
               .barrier_us = barrier_us(pool),
               .instructions = std::string(its->name)};
}

}  // namespace updraft::bench
