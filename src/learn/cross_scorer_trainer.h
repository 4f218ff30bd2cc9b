// Trains the cross-scorer on the teacher's prompts against those that do not answer the intent.
#pragma once

#include <filesystem>
#include <functional>

#include "reward/cross_scorer.h"
#include "updraft/result.h"

namespace updraft::learn {

struct ScorerOptions {
  std::filesystem::path data;    // folder of the corpus
  std::filesystem::path minilm;  // text encoder
  std::filesystem::path out;     // the scorer's file
  std::filesystem::path cache;   // of encoded texts (TextBank); empty: none
  std::int64_t intents = 0;      // of the corpus that are trained on; 0: all
  double passes = 4;             // over their prompts
  double learning_rate = 1e-3;
  double dropout = 0.1;
  int width = 64, hidden = 64;  // see reward/cross_scorer.h
  std::uint64_t seed = 1;
  int threads = 0;                      // 0: all cores
  std::int64_t measured_intents = 300;  // held out, for the measurement at the end
  bool measure_only = false;            // of the scorer that is in `out`
};

// Trains on intents that are not held out, writes `out`, and prints a table of how well held-out prompts are told from
// each kind of negative (cross_scorer_measure.h). Progress goes to stderr. `stop` is asked after each step; when it
// says true, no scorer is written (cancelled). Errors: those of reading the corpus and the encoder, and of writing.
[[nodiscard]] Result<> train_scorer(const ScorerOptions& options, const std::function<bool()>& stop);

}  // namespace updraft::learn
