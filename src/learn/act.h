// Acting: the model that is being trained writes prompts under commands, by the serving engine, and each is relabelled
// with the command that it did fulfil (upside-down reinforcement learning, arXiv 1912.02877, section 3).
#pragma once

#include <filesystem>
#include <random>
#include <span>
#include <vector>

#include "learn/judge.h"
#include "learn/replay.h"

namespace updraft::learn {

struct ActOptions {
  std::int64_t intents = 150;
  int samples = 4;              // a task
  double explore_share = 0.25;  // of the samples are asked for any return, so that all of them keep their meaning
  std::uint64_t seed = 1;
  int threads = 0;  // 0: all cores
};

// The commands of an intent's samples under one task: lengths that people use; returns at the best that `seen` holds of
// the task and one above it, or any for the share that explores. Nothing seen counts as 9.
[[nodiscard]] std::vector<suggest::Command> exploring_commands(Task task, std::span<const Experience> seen,
                                                               const ActOptions& options, std::mt19937_64& random);

// Has the model file write for some of the records, chosen by seed and `step`. Texts without a word are left out.
// Errors: those of loading the model.
[[nodiscard]] Result<std::vector<Experience>> act(const std::filesystem::path& model,
                                                  std::span<const corpus::Record> records, const Judge& judge,
                                                  const ReplayBuffer& seen, const ActOptions& options,
                                                  std::int64_t step);

}  // namespace updraft::learn
