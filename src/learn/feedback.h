// What people made of prompts, as `updraft feedback export` wrote it, for training to draw from.
#pragma once

#include <filesystem>
#include <random>
#include <string>
#include <vector>

#include "learn/batch.h"
#include "learn/replay.h"
#include "updraft/result.h"

namespace updraft::learn {

class Feedback {
 public:
  // Leaves out the intents that training never sees (corpus/corpus.h). Errors: not_found, io, corrupt (names the line),
  // invalid_argument (nothing is left).
  [[nodiscard]] static Result<Feedback> open(const std::filesystem::path& path);

  // Those that there are prompts for, in the order of the file.
  [[nodiscard]] const std::vector<std::string>& intents() const { return intents_; }
  [[nodiscard]] std::size_t prompts() const { return prompts_; }

  // Prompts of an intent under what they achieved, each once, at least one and at most max_examples. Those that people
  // wanted are drawn more often, return r with a chance of ((1 + r) / 10)^2: they are what will be asked for, and
  // seldom. Valid as long as this lives.
  [[nodiscard]] std::vector<Example> examples(std::size_t intent, std::mt19937_64& random) const;

  static constexpr std::size_t max_examples = 32;

 private:
  explicit Feedback(ReplayBuffer buffer) : buffer_(std::move(buffer)) {}

  ReplayBuffer buffer_;
  std::vector<std::string> intents_;
  std::size_t prompts_ = 0;
};

}  // namespace updraft::learn
