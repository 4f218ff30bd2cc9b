// How well the reward tells the teacher's prompts for held-out intents from others: by the encoder's cosine alone, and
// with the cross-scorer.
#pragma once

#include <array>
#include <string>
#include <vector>

#include "corpus/corpus.h"
#include "learn/negatives.h"
#include "reward/reward.h"

namespace updraft::learn {

// Prompts of one kind under one task, held against the teacher's for the same intents. [0]: the reward by the cosine
// alone, [1]: with the cross-scorer.
struct Contrast {
  double prompts = 0, pairs = 0;
  double nearer = 0;                   // of the pairs, those in which the teacher's is nearer by the cosine
  std::array<double, 2> better = {};   // those in which it is worth more; ties count half, here and above
  std::array<double, 2> high = {};     // of the prompts, those with a return of 7 or more
  std::array<double, 2> returns = {};  // sum over the prompts
};

struct ScorerMeasurement {
  std::size_t n_intents = 0;
  std::array<std::array<Contrast, flaw_count>, task_count> by_flaw;  // edits: against the prompt that they were made of
  std::array<Contrast, task_count> teacher;                          // no pairs
};

// Of the corpus's held-out intents, `n` drawn by the seed. Negatives are prompts of training intents, edits of the
// teacher's prompts and tricks. The scorers have the same encoder.
[[nodiscard]] ScorerMeasurement measure_scorer(const reward::Scorer& by_cosine, const reward::Scorer& scorer,
                                               const corpus::Corpus& corpus, std::size_t n, std::uint64_t seed);

// A table a task, in Markdown.
[[nodiscard]] std::string to_text(const ScorerMeasurement& measured);

}  // namespace updraft::learn
