// Online UDRL: the model acts, and what it wrote is judged and remembered: by the leader, who tells the others.
#pragma once

#include <filesystem>
#include <functional>
#include <memory>
#include <vector>

#include "learn/judge.h"
#include "learn/replay.h"
#include "learn/team.h"
#include "learn/trainer.h"

namespace updraft::learn {

class Actor {
 public:
  // Nothing without a text encoder, which judges. Errors: those of reward::Scorer::load and ReplayBuffer::open;
  // invalid_argument (it is to act without one).
  static Result<std::unique_ptr<Actor>> open(const TrainOptions& options, Team& team, std::int64_t step);

  [[nodiscard]] const Judge& judge() const { return judge_; }
  [[nodiscard]] const ReplayBuffer& replay() const { return replay_; }

  // `export_model` writes the model that acts to a path.
  Result<> act(Team& team, const std::vector<corpus::Record>& records, std::int64_t step,
               const std::function<Result<>(const std::filesystem::path&)>& export_model);

 private:
  Actor(const TrainOptions& options, reward::Scorer scorer, ReplayBuffer replay);
  void draw(const std::vector<Experience>& experiences) const;

  TrainOptions options_;
  Judge judge_;
  ReplayBuffer replay_;
};

}  // namespace updraft::learn
