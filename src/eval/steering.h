// How well a model file does what its commands say, with nothing that forces it: the lengths and the returns of what it
// writes, against those that were asked for; and how likely it finds the teacher's prompts.
#pragma once

#include <array>
#include <functional>
#include <span>
#include <vector>

#include "corpus/corpus.h"
#include "eval/metrics.h"
#include "eval/probe.h"
#include "reward/reward.h"
#include "updraft/result.h"

namespace updraft::eval {

struct TaskSteering {
  Probe::Loss teacher_loss;      // of the teacher's prompts under their commands
  std::vector<Outcome> words;    // asked for return 9 and the lengths of a request
  std::vector<Outcome> returns;  // asked for each return 0..9 at one length an intent; each text is scored alone
};
using Steering = std::array<TaskSteering, prompt_tasks.size()>;  // in the order of prompt_tasks

// Adds what the model does for one record, with the lengths of a request for n suggestions. Errors: invalid_argument
// (an intent longer than the model's context).
[[nodiscard]] Result<> steer(Probe& probe, const reward::Scorer& scorer, const corpus::Record& record, int n,
                             std::uint64_t seed, Steering& steering);

}  // namespace updraft::eval
