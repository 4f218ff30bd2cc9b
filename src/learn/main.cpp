// updraft-train: all that makes weights.
#include <c10/core/CPUAllocator.h>

#include <CLI/CLI.hpp>
#include <csignal>
#include <cstdio>
#include <optional>

#include "learn/cross_scorer_trainer.h"
#include "learn/memory_pool.h"
#include "learn/trainer.h"
#include "learn/words_file.h"
#include "teacher/command.h"

namespace {

using namespace updraft;

volatile std::sig_atomic_t stop_requested = 0;
bool stop() { return stop_requested != 0; }

constexpr int usage_error = 2;
constexpr int failure = 1;
constexpr int interrupted = 130;

int exit_code(ErrorCode code) {
  if (code == ErrorCode::cancelled) return interrupted;
  return code == ErrorCode::io ? failure : usage_error;
}

struct DistilOptions {
  learn::TrainOptions train;
  std::int64_t patience = learn::Meeting{}.patience.count();
  std::string backend = "gloo";
};

Result<> distil(const DistilOptions& options) {
  c10::SetCPUAllocator(new learn::MemoryPool);
  auto meeting = learn::meeting_from_environment();
  if (!meeting) return tl::unexpected(meeting.error());
  meeting->patience = std::chrono::seconds(options.patience);
  meeting->backend = options.backend == "nccl" ? learn::Backend::nccl : learn::Backend::gloo;
  auto team = learn::Team::join(*meeting);
  if (!team) return tl::unexpected(team.error());
  return learn::train(options.train, *team, stop);
}

teacher::Subcommand add_distil(CLI::App& program, DistilOptions& distil_options) {
  CLI::App* app = program.add_subcommand("distil", "Train on the corpus under UDRL commands, and export the weights");
  learn::TrainOptions& options = distil_options.train;
  app->add_option("--base", options.base, "GGUF file to start from (Llama or GPT-2)")
      ->required()
      ->check(CLI::ExistingFile);
  app->add_option("--data", options.data, "folder of the corpus (*.jsonl)")->required()->check(CLI::ExistingDirectory);
  app->add_option("--run", options.run, "folder for checkpoint, log and exports")->required();
  app->add_option("--name", options.name, "of the model, and of the files that it is exported to")
      ->check([](const std::string& name) {
        return name.empty() || name.find('/') != std::string::npos ? "a name of a file, without a folder" : "";
      })
      ->capture_default_str();
  CLI::Option* from_scratch =
      app->add_option("--from-scratch", options.from_scratch,
                      "a new model of this architecture learns instead of --base, which only lends its vocabulary")
          ->check(CLI::IsMember({"gpt2"}));
  const auto add_size = [&](const char* name, std::int64_t& value, const char* what, int least, int most) {
    app->add_option(name, value, "new model: " + std::string(what))
        ->needs(from_scratch)
        ->check(CLI::Range(least, most))
        ->capture_default_str();
  };
  add_size("--layers", options.layers, "layers", 1, 256);
  add_size("--width", options.width, "width of the residual stream; feed-forward blocks are four times as wide", 32,
           16384);
  add_size("--heads", options.heads, "attention heads a layer, each of 16, 32, ... or 256 of the width", 1, 256);
  add_size("--context", options.context, "positions, for the tokens of intent, command and prompt together", 64,
           1 << 20);
  app->add_option("--seed", options.seed, "of all that is drawn by chance")->capture_default_str();
  app->add_option("--threads", options.threads, "0: all cores")->check(CLI::Range(0, 1024))->capture_default_str();
  app->add_option("--steps", options.steps, "optimiser steps")->check(CLI::Range(1, 1'000'000))->capture_default_str();
  app->add_option("--tokens-a-step", options.tokens_a_step, "tokens a step, of all processes together")
      ->check(CLI::Range(256, 65536))
      ->capture_default_str();
  app->add_option("--rate", options.learning_rate, "peak learning rate")
      ->check(CLI::Range(1e-7, 1e-1))
      ->capture_default_str();
  app->add_option("--warmup-steps", options.warmup_steps, "steps in which the rate rises to its peak")
      ->check(CLI::Range(0, 1'000'000))
      ->capture_default_str();
  app->add_option("--decay-share", options.decay_share, "share of the steps with falling rate")
      ->check(CLI::Range(0.0, 1.0))
      ->capture_default_str();
  app->add_option("--quantized-share", options.quantized_share, "share of the steps trained through Q4_0")
      ->check(CLI::Range(0.0, 1.0))
      ->capture_default_str();
  app->add_option("--shortlist", options.shortlist_size,
                  "output vocabulary at least; all that the corpus needs is in it")
      ->check(CLI::Range(1024, 1 << 20))
      ->capture_default_str();
  app->add_option("--understandings", options.understandings,
                  "utterances with what they mean that are learnt beside each intent, on average")
      ->check(CLI::Range(0.0, 20.0))
      ->capture_default_str();
  app->add_option("--minilm", options.minilm,
                  "text encoder (models/minilm-l6-q8_0.gguf): returns are measured instead of assumed")
      ->check(CLI::ExistingPath);
  app->add_option("--act-every", options.act_every,
                  "online: every so many steps the model writes prompts, which it learns from as well; 0: never")
      ->check(CLI::Range(0, 1'000'000))
      ->capture_default_str();
  app->add_option("--act-intents", options.act_intents, "intents that it writes for each time")
      ->check(CLI::Range(1, 1'000'000))
      ->capture_default_str();
  app->add_option("--act-samples", options.act_samples, "prompts of each task that it writes for an intent")
      ->check(CLI::Range(1, 64))
      ->capture_default_str();
  app->add_option("--explore-share", options.explore_share, "share of them that is asked for any return")
      ->check(CLI::Range(0.0, 1.0))
      ->capture_default_str();
  app->add_option("--replay", options.replay_capacity, "prompts of its own that it remembers at most")
      ->check(CLI::Range(1, 10'000'000))
      ->capture_default_str();
  app->add_option("--feedback", options.feedback,
                  "what people made of prompts (updraft feedback export): it is learnt from as well")
      ->check(CLI::ExistingFile);
  app->add_option("--feedback-share", options.feedback_share, "share of each step's tokens that is drawn from it")
      ->check(CLI::Range(0.01, 1.0))
      ->capture_default_str();
  app->add_option("--checkpoint-minutes", options.checkpoint_minutes, "between two checkpoints; 0: after every step")
      ->check(CLI::Range(0.0, 1e6))
      ->capture_default_str();
  app->add_option("--patience", distil_options.patience,
                  "several processes: how many seconds one waits for the others before it gives up (a killed one is "
                  "noticed at once)")
      ->check(CLI::Range(1, 1'000'000))
      ->capture_default_str();
  app->add_option(
         "--backend", distil_options.backend,
         "several processes: what carries gradients. gloo takes them from memory, where training has them; nccl "
         "takes them over GPUs (LOCAL_RANK), in builds with a LibTorch for CUDA")
      ->check(CLI::IsMember({"gloo", "nccl"}))
      ->capture_default_str();
  app->footer(
      "Examples:\n"
      "  updraft-train distil --config configs/updraft-135m.toml --run ~/updraft-run\n"
      "  updraft-train distil --base SmolLM2-135M-Instruct.Q4_1.gguf --data data --run ~/updraft-run --steps 600\n"
      "  updraft-train distil --config configs/gpt2-104m.toml --run ~/gpt2-run\n"
      "  updraft-train distil --base models/updraft-135m-q4_0.gguf --data data --run ~/feedback-run --steps 60 \\\n"
      "    --rate 2e-4 --feedback feedback.jsonl\n"
      "Ctrl-C writes a checkpoint; the same command goes on from it.\n\n"
      "Several processes share the work when they are started as torchrun does it, each with its RANK:\n"
      "  WORLD_SIZE=2 MASTER_ADDR=10.0.0.1 MASTER_PORT=29500 RANK=0 updraft-train distil ...");
  return {app, [&distil_options](const teacher::Stop&) { return distil(distil_options); }};
}

teacher::Subcommand add_scorer(CLI::App& program, learn::ScorerOptions& options) {
  CLI::App* app =
      program.add_subcommand("scorer", "Train the cross-scorer, by which the reward tells what is relevant");
  app->add_option("--data", options.data, "folder of the corpus (*.jsonl)")->required()->check(CLI::ExistingDirectory);
  app->add_option("--minilm", options.minilm, "text encoder")->required()->check(CLI::ExistingPath);
  app->add_option("--out", options.out, "the scorer's file (GGUF)")->required();
  app->add_option("--cache", options.cache,
                  "file that keeps what was encoded: a stopped run goes on, a later one is fast");
  app->add_flag("--measure", options.measure_only, "train nothing: measure the scorer that is in --out");
  app->add_option("--intents", options.intents, "of the corpus that it is trained on; 0: all but the held-out ones")
      ->check(CLI::Range(0, 10'000'000))
      ->capture_default_str();
  app->add_option("--passes", options.passes, "over their prompts")
      ->check(CLI::Range(0.01, 1000.0))
      ->capture_default_str();
  app->add_option("--rate", options.learning_rate, "peak learning rate")
      ->check(CLI::Range(1e-7, 1e-1))
      ->capture_default_str();
  app->add_option("--dropout", options.dropout, "share of the inputs that is left out by chance")
      ->check(CLI::Range(0.0, 0.9))
      ->capture_default_str();
  app->add_option("--measured-intents", options.measured_intents, "held-out intents that it is measured on")
      ->check(CLI::Range(1, 1'000'000))
      ->capture_default_str();
  app->add_option("--seed", options.seed, "of all that is drawn by chance")->capture_default_str();
  app->add_option("--threads", options.threads, "0: all cores")->check(CLI::Range(0, 1024))->capture_default_str();
  app->footer(
      "Examples:\n"
      "  updraft-train scorer --data data --minilm models/minilm-l6-q8_0.gguf --out cross-scorer.gguf --cache points\n"
      "  updraft-train scorer --data data --minilm models/minilm-l6-q8_0.gguf --out cross-scorer.gguf --measure");
  return {app, [&options](const teacher::Stop&) { return learn::train_scorer(options, stop); }};
}

teacher::Subcommand add_words(CLI::App& program, learn::WordsOptions& options) {
  CLI::App* app = program.add_subcommand("words", "List the words that exist, by which the reward finds made-up ones");
  app->add_option("--data", options.data, "folder of the corpus (*.jsonl)")->required()->check(CLI::ExistingDirectory);
  app->add_option("--list", options.lists, "file with further words; can be repeated")->check(CLI::ExistingFile);
  app->add_option("--out", options.out, "words.txt beside the text encoder")->required();
  app->footer(
      "Example, with the lists of Debian's packages wamerican and wbritish:\n"
      "  updraft-train words --data data --list /usr/share/dict/american-english --list "
      "/usr/share/dict/british-english \\\n"
      "    --out models/words.txt");
  return {app, [&options](const teacher::Stop&) { return learn::write_words(options); }};
}

}  // namespace

int main(int argc, char** argv) {
  DistilOptions options;
  learn::ScorerOptions scorer_options;
  learn::WordsOptions words_options;
  CLI::App app("updraft-train: distils prompts into a small language model, and makes the corpus for it");
  app.require_subcommand(1);
  app.fallthrough();  // --config may stand behind the subcommand
  app.set_config("--config", "", "TOML file with options, those of a subcommand under [its name]");
  app.allow_config_extras(CLI::config_extras_mode::error);
  const std::array subcommands = {add_distil(app, options), add_scorer(app, scorer_options),
                                  add_words(app, words_options), teacher::add_synthesize(app),
                                  teacher::add_check_data(app)};
  CLI11_PARSE(app, argc, argv);

  for (const int signal : {SIGINT, SIGTERM}) std::signal(signal, [](int) { stop_requested = 1; });
  for (const teacher::Subcommand& subcommand : subcommands) {
    if (!subcommand.app->parsed()) continue;
    if (const auto done = subcommand.run(stop); !done) {
      std::fprintf(stderr, "updraft-train: %s\n", done.error().message.c_str());
      return exit_code(done.error().code);
    }
  }
  return 0;
}
