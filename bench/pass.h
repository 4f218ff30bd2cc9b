// The steps of a pass through the model: what each must read and compute at least, how long a machine takes for that at
// best, and how long each takes when it is run alone.
#pragma once

#include <filesystem>
#include <string>
#include <vector>

#include "bench/peak.h"
#include "kernels/packed_matrix.h"
#include "kernels/thread_pool.h"
#include "nn/config.h"
#include "updraft/result.h"

namespace updraft::bench {

struct Cost {
  double bytes = 0;       // from memory: weights, keys and values. Activations stay in the caches
  double macs = 0;        // products of 8-bit integers, added up
  double float_macs = 0;  // of floats

  [[nodiscard]] Cost times(double n) const { return {bytes * n, macs * n, float_macs * n}; }
  Cost& operator+=(const Cost& other);
};

// Memory is read while the processor computes, so the longer of both counts.
struct Bound {
  double us = 0;
  bool by_memory = false;
};
[[nodiscard]] Bound bound_of(const Cost& cost, const Peaks& peaks);

// The rows of a pass: the next tokens of as many texts behind a prompt that they share.
struct Streams {
  int rows = 1;
  int prompt = 32;  // tokens
  int own = 13;     // tokens of each text, the row's included

  [[nodiscard]] int max_tokens() const { return prompt + rows * own; }
};

[[nodiscard]] Cost cost_of_product(const kernels::PackedMatrix& matrix, int rows);
[[nodiscard]] Cost cost_of_attention(const nn::ModelConfig& config, const Streams& streams);  // of a layer
// Where all threads of nn::Transformer wait for each other in a pass of such rows, the end of the call included.
[[nodiscard]] int barriers_of_pass(int n_layers, int rows);

struct Step {
  std::string name;
  int calls = 0;  // in a pass; 0: an alternative, of no pass
  Cost cost;      // of a call; all 0: what it reads and writes stays in the caches
  double us = 0;  // a call, median
};

struct Pass {
  Streams streams;
  std::vector<Step> steps;  // of the forward pass; the last one, sampling, comes behind it
  int n_barriers = 0;
  double forward_us = 0;  // nn::Transformer::forward behind another one, median
  double cold_us = 0;     // the same with nothing in the caches

  [[nodiscard]] const Step& sampling() const { return steps.back(); }
  [[nodiscard]] Cost cost() const;  // of all steps
  [[nodiscard]] double us() const { return forward_us + sampling().us; }
};

inline constexpr int runs = 15;  // of each step; the median counts

// Measures passes with as many rows as each of `rows` says, on the model's own weights. A step runs for all layers one
// after the other, and finds neither weights nor keys and values in the caches: `memory` is read before it. Errors:
// those of nn::Model::load; unsupported (not a Llama, or its matrices are not quantised); invalid_argument (fewer
// tokens or a shorter context than the prompt needs).
[[nodiscard]] Result<std::vector<Pass>> measure_passes(const std::filesystem::path& model, kernels::ThreadPool& pool,
                                                       const kernels::Kernels& k, const ReadMemory& memory,
                                                       const std::vector<int>& rows);

// Nothing but passes of `rows` rows, for a profiler to watch. Errors: the same.
[[nodiscard]] Result<> run_passes(const std::filesystem::path& model, kernels::ThreadPool& pool,
                                  const kernels::Kernels& k, int rows, double seconds);

}  // namespace updraft::bench
