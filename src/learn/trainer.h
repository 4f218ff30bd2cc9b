// Supervised distillation under UDRL commands: the first of UDRL's stages.
#pragma once

#include <filesystem>
#include <functional>
#include <string>

#include "learn/act.h"
#include "learn/team.h"
#include "updraft/result.h"

namespace updraft::learn {

struct TrainOptions {
  std::filesystem::path base;         // GGUF (Llama, GPT-2) to start from
  std::filesystem::path data;         // folder of the corpus
  std::filesystem::path run;          // folder for checkpoint, log and exports; resumed when it holds a checkpoint
  std::string name = "updraft-135m";  // of the model, and of the files that it is exported to

  // "gpt2": a new GPT-2 of the shape that follows learns, and from the base comes its vocabulary alone. Empty: the base
  // learns.
  std::string from_scratch;
  std::int64_t layers = 12;
  std::int64_t width = 768;
  std::int64_t heads = 12;
  std::int64_t context = 1024;

  std::int64_t steps = 600;
  std::int64_t tokens_a_step = 3600;  // of all processes together
  double learning_rate = 4.5e-4;
  std::int64_t warmup_steps = 15;
  double decay_share = 0.35;      // of the steps, at the end: the rate falls to a twentieth along a half cosine
  double quantized_share = 0.15;  // of the steps, at the end: quantisation-aware (Q4_0)
  std::int64_t shortlist_size = 16384;
  std::int64_t negatives = 1024;  // random other tokens in each step's softmax
  double understandings = 0.6;    // utterances with what they mean beside each record, on average
  std::int64_t validate_every = 25;
  double checkpoint_minutes = 10;  // 0: after every step
  std::uint64_t seed = 1;
  int threads = 0;  // 0: all cores

  // The text encoder (encode/text_encoder.h): with it, returns are measured by the reward; without, the teacher's
  // prompts are worth 9 and those of other intents 0 or 2.
  std::filesystem::path minilm;
  // Online: every so many steps the model acts, and learns from what it wrote as well; 0: never. Needs `minilm`.
  std::int64_t act_every = 0;
  std::int64_t act_intents = 150;
  int act_samples = 4;                    // a task
  double explore_share = 0.25;            // of the samples are asked for any return
  std::int64_t replay_capacity = 50'000;  // experiences

  // What people made of prompts (learn/feedback.h): a share of each step's tokens is drawn from it; empty: none.
  std::filesystem::path feedback;
  double feedback_share = 0.5;
};

// Trains to options.steps and exports <run>/<name>-{q4_0,f16}.gguf. Prints progress on stderr and a line a step
// to <run>/log.jsonl. `stop` is asked after each step; when it says true, a checkpoint is written and the run ends
// (cancelled). Online, <run>/replay.jsonl holds what the model wrote. The records of a step are shared out among the
// team's processes, whose gradients are added up: the losses are the same however many there are. Only the leader
// writes files; when another process is gone, it saves and ends (io).
[[nodiscard]] Result<> train(const TrainOptions& options, Team& team, const std::function<bool()>& stop);

}  // namespace updraft::learn
