#include <malloc.h>

#include <CLI/CLI.hpp>
#include <csignal>
#include <cstdio>

#include "learn/trainer.h"

namespace {
volatile std::sig_atomic_t stop_requested = 0;
}

int main(int argc, char** argv) {
  using namespace updraft;
  learn::TrainOptions options;
  CLI::App app("updraft-train: distils prompts into a small language model under UDRL commands");
  app.footer(
      "Example:\n  updraft-train --base SmolLM2-135M-Instruct.Q4_1.gguf --data data --run ~/updraft-run --steps 600\n"
      "Ctrl-C writes a checkpoint; the same command goes on from it.");
  app.add_option("--base", options.base, "GGUF file to start from (Llama architecture)")
      ->required()
      ->check(CLI::ExistingFile);
  app.add_option("--data", options.data, "folder of the corpus (*.jsonl)")->required()->check(CLI::ExistingDirectory);
  app.add_option("--run", options.run, "folder for checkpoint, log and exports")->required();
  app.add_option("--steps", options.steps, "optimiser steps")->check(CLI::Range(1, 1'000'000))->capture_default_str();
  app.add_option("--tokens-a-step", options.tokens_a_step, "tokens a step")
      ->check(CLI::Range(256, 65536))
      ->capture_default_str();
  app.add_option("--rate", options.learning_rate, "peak learning rate")
      ->check(CLI::Range(1e-7, 1e-1))
      ->capture_default_str();
  app.add_option("--decay-share", options.decay_share, "share of the steps with falling rate")
      ->check(CLI::Range(0.0, 1.0))
      ->capture_default_str();
  app.add_option("--quantized-share", options.quantized_share, "share of the steps trained through Q4_0")
      ->check(CLI::Range(0.0, 1.0))
      ->capture_default_str();
  app.add_option("--shortlist", options.shortlist_size, "output vocabulary")
      ->check(CLI::Range(1024, 1 << 20))
      ->capture_default_str();
  app.add_option("--seed", options.seed, "order of the data")->capture_default_str();
  app.add_option("--threads", options.threads, "0: all cores")->check(CLI::Range(0, 1024))->capture_default_str();
  CLI11_PARSE(app, argc, argv);

  // A step allocates the same gigabytes as the one before: keep them instead of giving them back and clearing them
  // anew.
  mallopt(M_MMAP_THRESHOLD, 1 << 30);
  mallopt(M_TRIM_THRESHOLD, 2000 << 20);
  mallopt(M_TOP_PAD, 64 << 20);
  for (const int signal : {SIGINT, SIGTERM}) std::signal(signal, [](int) { stop_requested = 1; });
  const auto done = learn::train(options, [] { return stop_requested != 0; });
  if (done) return 0;
  std::fprintf(stderr, "updraft-train: %s\n", done.error().message.c_str());
  return done.error().code == ErrorCode::cancelled ? 130 : 1;
}
