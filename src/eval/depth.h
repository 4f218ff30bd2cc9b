// What each layer is worth: how likely a model finds the teacher's prompts with some of its layers left out, and
// nothing healed behind that. Tells whether a shallower model, or leaving early where a token is easy, could pay
// (pruning by depth: arXiv 2403.03853, 2403.17887).
#pragma once

#include <array>
#include <cstddef>
#include <functional>
#include <span>
#include <string>
#include <vector>

#include "corpus/corpus.h"
#include "eval/metrics.h"
#include "nn/weights.h"
#include "suggest/engine.h"
#include "updraft/result.h"
#include "updraft/task.h"

namespace updraft::eval {

struct Depth {
  std::string name;                                               // what was left out, in words
  std::vector<int> without;                                       // layers, from 0
  std::array<Mean, prompt_tasks.size()> negative_log_likelihood;  // a token of the teacher's prompts

  [[nodiscard]] double mean() const;  // of the tasks
};

// An engine whose model can be run without some of its layers.
class DepthProbe {
 public:
  // The engine must outlive this, and has all of its layers again after it.
  explicit DepthProbe(suggest::Engine& engine) : engine_(engine), layers_(engine.model->weights.layers) {}
  DepthProbe(const DepthProbe&) = delete;
  DepthProbe& operator=(const DepthProbe&) = delete;
  ~DepthProbe() { leave_out({}); }

  [[nodiscard]] int n_layers() const { return static_cast<int>(layers_.size()); }

  // `without`: different layers, not all. Errors: invalid_argument (no such layers, an intent longer than the context).
  [[nodiscard]] Result<Depth> measure(std::span<const corpus::Record> records, std::vector<int> without);

 private:
  void leave_out(std::span<const int> without);

  suggest::Engine& engine_;
  const std::vector<nn::Layer> layers_;
};

struct DepthOptions {
  int drop = 3;           // layers that are left out one after another, each time the one that is missed least
  int exits = 3;          // last layers that are left out
  std::size_t tried = 8;  // records by which it is found out which layer is missed least; at most all
};

// The whole model, then without 1, 2 ... `drop` layers, then without its last 1 ... `exits`.
[[nodiscard]] Result<std::vector<Depth>> measure_depths(suggest::Engine& engine,
                                                        std::span<const corpus::Record> records,
                                                        const DepthOptions& options,
                                                        const std::function<void(std::size_t, std::size_t)>& progress);

// Perplexities, and how much more than the whole model's they are.
[[nodiscard]] std::string depths_table(std::span<const Depth> depths);

}  // namespace updraft::eval
