// What this machine does at best, on all threads of a team together: the roofs that kernels are held against.
#pragma once

#include <algorithm>
#include <cstddef>
#include <cstdint>
#include <string>

#include "bench/workload.h"
#include "kernels/buffer.h"
#include "kernels/kernels.h"
#include "kernels/thread_pool.h"
#include "updraft/result.h"

namespace updraft::bench {

// The best of a few.
template <class Work>
double best_ms(const Work& work) {
  double best = 1e30;
  for (int i = 0; i < 8; ++i) {
    const double start = now_ms();
    work();
    best = std::min(best, now_ms() - start);
  }
  return best;
}

// Memory that is read from end to end: far more of it than the caches hold leaves nothing else in them.
class ReadMemory {
 public:
  explicit ReadMemory(std::size_t bytes);  // a multiple of 4 KiB
  // Each thread reads its share `times` times.
  void read(kernels::ThreadPool& pool, int times = 1) const;
  [[nodiscard]] std::size_t bytes() const { return words_.size() * sizeof(std::uint64_t); }

 private:
  kernels::Buffer<std::uint64_t> words_;
};

struct Peaks {
  double read_gbs = 0;       // from memory, GB/s
  double read_l2_gbs = 0;    // from the threads' own caches, GB/s
  double dot_gmacs = 0;      // products of 8-bit integers, added up, on registers alone: 10^9 a second
  double float_gmacs = 0;    // of floats
  double barrier_us = 0;     // Worker::barrier(), nothing else to do
  std::string instructions;  // that dot_gmacs and float_gmacs were measured with
};

// The better of each.
[[nodiscard]] Peaks best_of(const Peaks& a, const Peaks& b);

// `memory`: far larger than the caches. The instructions are those that `k` multiplies with. Errors: unsupported (a set
// of kernels whose instructions it does not know: the portable one, or another processor's).
[[nodiscard]] Result<Peaks> measure_peaks(kernels::ThreadPool& pool, const kernels::Kernels& k,
                                          const ReadMemory& memory);

}  // namespace updraft::bench
