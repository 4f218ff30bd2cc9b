// Supervised distillation under UDRL commands: the first of UDRL's stages.
#pragma once

#include <filesystem>
#include <functional>
#include <string>

#include "updraft/result.h"

namespace updraft::learn {

struct TrainOptions {
  std::filesystem::path base;  // Llama GGUF to start from
  std::filesystem::path data;  // folder of the corpus
  std::filesystem::path run;   // folder for checkpoint, log and exports; resumed when it holds a checkpoint
  std::int64_t steps = 600;
  std::int64_t tokens_a_step = 3600;
  double learning_rate = 4.5e-4;
  std::int64_t warmup_steps = 15;
  double decay_share = 0.35;      // of the steps, at the end: the rate falls to a twentieth along a half cosine
  double quantized_share = 0.15;  // of the steps, at the end: quantisation-aware (Q4_0)
  std::int64_t shortlist_size = 16384;
  std::int64_t negatives = 1024;  // random other tokens in each step's softmax
  std::int64_t validate_every = 25;
  double checkpoint_minutes = 10;
  std::uint64_t seed = 1;
  int threads = 0;  // 0: all cores
};

// Trains to options.steps and exports <run>/updraft-135m-{q4_0,f16}.gguf. Prints progress on stderr and a line a step
// to <run>/log.jsonl. `stop` is asked after each step; when it says true, a checkpoint is written and the run ends
// (cancelled).
[[nodiscard]] Result<> train(const TrainOptions& options, const std::function<bool()>& stop);

}  // namespace updraft::learn
