// Draws a token from logits: temperature, min-p (arXiv 2407.01082), top-p (arXiv 1904.09751). The vocabulary is never
// sorted: min-p leaves a handful of candidates, and only those are.
#pragma once

#include <algorithm>
#include <span>
#include <vector>

#include "decode/random.h"
#include "kernels/kernels.h"

namespace updraft::decode {

struct SamplingOptions {
  float temperature = 0.8F;  // 0: always the likeliest
  float top_p = 0.95F;       // the likeliest candidates that together reach this share
  float min_p = 0.05F;       // none less likely than this share of the likeliest
};

struct Candidate {
  int index = 0;  // of the logit
  float logit = 0;
  float probability = 0;  // under temperature, among the candidates
};

// The candidates, likeliest first; probabilities sum to 1. logits must hold a finite one; -infinity is never a
// candidate.
void find_candidates(const kernels::Kernels& kernels, std::span<const float> logits, const SamplingOptions& options,
                     std::vector<Candidate>& out);

// Leaves the candidates that `keep` holds for, in their order and with probabilities that sum to 1; all of them if none
// would be left.
template <class Keep>
void keep_candidates(std::vector<Candidate>& candidates, const Keep& keep) {
  const auto end = std::stable_partition(candidates.begin(), candidates.end(), keep);
  if (end == candidates.begin()) return;
  candidates.erase(end, candidates.end());
  float sum = 0;
  for (const Candidate& candidate : candidates) sum += candidate.probability;
  for (Candidate& candidate : candidates) candidate.probability /= sum;
}

// Draws candidate after candidate of one text from a single point of the unit interval, the way an arithmetic decoder
// reads its code (arithmetic sampling, arXiv 2210.15458). Any one point gives an ordinary sample; points spread evenly
// over the interval give texts that differ where the model leaves room for it.
class Path {
 public:
  // point in [0, 1); `random` goes on when the point's digits are used up.
  Path(double point, Random random) : point_(point), random_(random) {}

  // A position in `candidates`.
  [[nodiscard]] std::size_t next(std::span<const Candidate> candidates);

 private:
  double point_;
  double width_ = 1;  // of the interval that the point was chosen from, as seen so far
  Random random_;
};

}  // namespace updraft::decode
