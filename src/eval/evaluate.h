// How good a model is: on intents that training never saw, per task, next to what the teacher wrote for them.
#pragma once

#include <array>
#include <cstdint>
#include <functional>
#include <optional>
#include <vector>

#include "corpus/corpus.h"
#include "encode/text_encoder.h"
#include "eval/metrics.h"
#include "eval/probe.h"
#include "suggest/request.h"
#include "updraft/result.h"
#include "updraft/suggest.h"

namespace updraft::eval {

struct Options {
  int intents = 100;       // 1..; all that there are, when there are fewer
  int n = 8;               // suggestions a task, 1..max_suggestions
  std::uint64_t seed = 0;  // of the choice of intents and of all that is drawn
};

// Texts that answer the same requests.
struct TextScores {
  Mean n;           // texts a request
  Mean distinct_2;  // over the requests that have at least two texts, as is self_bleu
  Mean self_bleu;
  Mean relevance;  // MiniLM cosine of a text and its intent
  Mean nearest;    // of a text and the teacher's prompt that is nearest to it (for the teacher's: another one)
};

struct TaskReport {
  Probe::Loss teacher_loss;  // of the teacher's prompts under their commands
  WordHits free_words;       // of what the model writes when nothing is forced
  TextScores teacher;
  TextScores suggestions;  // all n
  TextScores as_many;      // the best of them, no more than the teacher wrote: diversity depends on how many there are
  Mean all_different;      // requests that gave n different suggestions
};

struct Report {
  std::size_t n_intents = 0;
  Options options;
  std::array<TaskReport, prompt_tasks.size()> tasks;  // in the order of prompt_tasks
  int decoded_tokens = 0;                             // of the suggestions
  double decode_ms = 0;
  std::vector<double> request_ms;  // each for all tasks, in increasing order

  [[nodiscard]] double tokens_per_second() const { return decode_ms > 0 ? decoded_tokens / decode_ms * 1000 : 0; }
};

// What is evaluated, and with what.
struct Instruments {
  const Suggester& suggester;
  suggest::Engine& engine;  // the same model
  const encode::TextEncoder& encoder;
};

// A seeded choice of `n` records, in their order.
[[nodiscard]] std::vector<corpus::Record> choose(std::vector<corpus::Record> records, std::size_t n,
                                                 std::uint64_t seed);

// `progress` is called after each intent. Errors: invalid_argument (no records, an intent that no request may have).
[[nodiscard]] Result<Report> evaluate(const Instruments& instruments, const std::vector<corpus::Record>& held_out,
                                      const Options& options,
                                      const std::function<void(std::size_t done, std::size_t all)>& progress);

}  // namespace updraft::eval
