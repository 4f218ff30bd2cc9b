// How good systems are, side by side: on intents that training never saw, per task, each by the same measures of its
// texts.
#pragma once

#include <array>
#include <cstdint>
#include <functional>
#include <optional>
#include <span>
#include <string>
#include <vector>

#include "corpus/corpus.h"
#include "eval/metrics.h"
#include "eval/steering.h"
#include "eval/system.h"
#include "reward/reward.h"
#include "updraft/result.h"

namespace updraft::eval {

class TextsFile;

struct Options {
  int intents = 100;       // 1..; all that there are, when there are fewer
  int n = 8;               // texts a task, 1..max_suggestions
  std::uint64_t seed = 0;  // of the choice of intents and of all that is drawn
};

// Texts that answer the same requests.
struct TextScores {
  Mean texts;      // a request
  Mean relevance;  // MiniLM cosine of a text and its intent
  Mean honoured;  // of what the intent states, held against each text (reward/constraints.h): neither broken nor missed
  Mean kept;      // of the same: said by the text; the rest of what is honoured is left open, as a query may
  Mean distinct_2;  // this and the next two: over requests that have two texts or more
  Mean self_bleu;
  Mean spread;   // 1 - MiniLM cosine of two texts of a request
  Mean fluency;  // this and the next two: as the reward sees a text among its siblings
  Mean reward;
  Mean ret;
};

struct TaskScores {
  TextScores all;
  // The first ones of each request, as many as the teacher wrote for it: diversity depends on how many there are.
  // Requests with fewer do not count for the three measures of diversity.
  TextScores as_many;
  std::vector<Outcome> words;  // of texts that were asked for a length and not held to it
  Mean all_different;          // requests that gave n different texts
};
using Scores = std::array<TaskScores, prompt_tasks.size()>;  // in the order of prompt_tasks

// A row of the report.
struct SystemReport {
  std::string name;
  Scores scores;
  std::uint64_t tokens = 0;
  Mean seconds;          // an intent, all tasks
  double memory_mb = 0;  // at most; 0: not known
  std::optional<Steering> steering;

  [[nodiscard]] double tokens_per_second() const;
  // How well lengths were kept unforced: of `steering` if it is there, else of the texts. By place in prompt_tasks.
  [[nodiscard]] WordHits word_hits(std::size_t task) const;
};

// Adds what a system wrote for a record when it was asked for n texts a task.
void add(SystemReport& system, const corpus::Record& record, const Written& written, int n,
         const reward::Scorer& scorer);

struct Report {
  std::size_t n_intents = 0;
  Options options;
  std::vector<SystemReport> systems;
};

// A seeded choice of `n` records, in their order.
[[nodiscard]] std::vector<corpus::Record> choose(std::vector<corpus::Record> records, std::size_t n,
                                                 std::uint64_t seed);

// Of all that is drawn for an intent: the same in runs over other choices of intents.
[[nodiscard]] std::uint64_t seed_of(const std::string& intent, std::uint64_t seed);

// How far something is: `done` of `all`, of which `had` took no time.
using Progress = std::function<void(std::size_t done, std::size_t had, std::size_t all)>;

// Has the system write for each record, in order. What `file` (may be nullptr) holds is not asked for again, what is
// new is added to it. Errors: those of the system and the file.
[[nodiscard]] Result<std::vector<Written>> collect(const System& system, std::span<const corpus::Record> records,
                                                   const Options& options, TextsFile* file, const Progress& progress);

}  // namespace updraft::eval
