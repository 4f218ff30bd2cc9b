// updraft-bench-train: a training step of updraft beside the same step in plain LibTorch code, in turns, on the same
// prompts and from the same weights.
#include <c10/core/CPUAllocator.h>
#include <unistd.h>

#include <CLI/CLI.hpp>
#include <array>
#include <cstdio>
#include <fstream>
#include <nlohmann/json.hpp>
#include <thread>

#include "bench/machine.h"
#include "bench/side_by_side.h"
#include "bench/train/peak.h"
#include "bench/train/plain.h"
#include "bench/workload.h"
#include "learn/memory_pool.h"
#include "learn/optimizer.h"
#include "learn/vocabulary.h"
#include "learn/weights_io.h"

namespace updraft::bench {
namespace {

using Json = nlohmann::json;

struct Options {
  std::string base = UPDRAFT_SOURCE_DIR "/models/updraft-135m-q4_0.gguf";
  std::string data = UPDRAFT_SOURCE_DIR "/data";
  std::string json;
  std::int64_t tokens_a_step = 2400;
  std::int64_t shortlist = 16384;
  std::int64_t negatives = 1024;
  std::int64_t prompts_a_batch = 16;
  int threads = static_cast<int>(std::max(1U, std::thread::hardware_concurrency()));
  int rounds = 5;
  std::vector<std::string> only;  // keys of sides; empty: all
};

constexpr double learning_rate = 1e-5;  // small: all sides stay near the weights that they started from
constexpr double beta1 = 0.9, beta2 = 0.98;

// What a step is about, in the form of each side.
struct Workload {
  learn::Batch batch, padded;
  std::vector<PlainBatch> trees, prompts;
};

// Of a step's products, forward and backward: what any implementation must compute for these tokens.
double flops_of_products(const learn::Batch& batch, const learn::OutputRows& rows,
                         const learn::Parameters& parameters) {
  double in_layers = 0;
  for (const learn::Layer& layer : parameters.layers) {
    for (const auto* p : {&layer.qkv, &layer.attention_output, &layer.ffn_in, &layer.ffn_out}) {
      in_layers += static_cast<double>(p->matrix.value.numel());
    }
  }
  const auto output =
      static_cast<double>(rows.tokens.size()) * static_cast<double>(parameters.token_embedding.value.size(1));
  return 6 * (in_layers * static_cast<double>(batch.tokens.size()) + output * static_cast<double>(batch.loss.size()));
}

// A side's own allocator, while it is at work: updraft's, or the one that LibTorch comes with.
class Using {
 public:
  explicit Using(at::Allocator* allocator) : before_(c10::GetCPUAllocator()) { c10::SetCPUAllocator(allocator); }
  Using(const Using&) = delete;
  Using& operator=(const Using&) = delete;
  ~Using() { c10::SetCPUAllocator(before_); }

 private:
  at::Allocator* before_;
};

struct Side {
  std::string key, name;
  std::function<double(const Workload&)> step;                // returns the mean loss of a term
  std::function<std::int64_t(const Workload&)> computed;      // tokens, padding and repetitions among them
  std::vector<double> losses = {}, seconds = {}, rates = {};  // a round each; rates in tokens/s
};

std::int64_t computed(const std::vector<PlainBatch>& batches) {
  std::int64_t tokens = 0;
  for (const PlainBatch& batch : batches) tokens += batch.tokens.numel();
  return tokens;
}

std::string shown_rates(const Spread& s) {
  std::array<char, 64> text;
  std::snprintf(text.data(), text.size(), "%7.1f %7.1f %7.1f", s.min, s.median, s.max);
  return text.data();
}

Result<> compare(const Options& options) {
  at::set_num_threads(options.threads);
  auto base = gguf::File::open(options.base);
  if (!base) return tl::unexpected(base.error());
  auto corpus = corpus::read(options.data);
  if (!corpus) return tl::unexpected(corpus.error());
  auto shape = learn::shape_of(*base);
  if (!shape) return tl::unexpected(shape.error());
  if (shape->architecture != learn::Architecture::llama) {
    return fail(ErrorCode::unsupported, options.base + ": the plain code is a Llama");
  }
  auto tokenizer = text::Tokenizer::from(*base);
  if (!tokenizer) return tl::unexpected(tokenizer.error());
  auto controls = learn::control_token_ids(*base);
  if (!controls) return tl::unexpected(controls.error());
  const auto encoder = suggest::CommandEncoder::from(*tokenizer, *controls);
  if (!encoder) return tl::unexpected(encoder.error());
  if (corpus->train.empty()) return fail(ErrorCode::invalid_argument, options.data + ": no intents");

  at::Allocator* const pool = new learn::MemoryPool;  // never destroyed, as in the trainer
  std::optional<Using> ours(pool);
  learn::Model model(*shape);
  if (auto loaded = learn::load_weights(*base, model); !loaded) return loaded;
  const auto shortlist = learn::make_shortlist(std::array{&*corpus}, *tokenizer, options.shortlist);
  std::mt19937_64 random(1);
  const learn::OutputRows rows = learn::output_rows(shortlist, shape->n_vocab, options.negatives, random);
  // Another batch each round, as in training; the first is for warming up.
  const learn::BatchBuilder builder(*tokenizer, *encoder);
  std::vector<Workload> work(static_cast<std::size_t>(options.rounds) + 1);
  for (Workload& w : work) {
    while (static_cast<std::int64_t>(w.batch.tokens.size()) < options.tokens_a_step) {
      builder.add_teacher(w.batch, corpus->train[random() % corpus->train.size()]);
    }
    w.padded = w.batch;
    pad(w.padded, learn::tokens_multiple);
    w.trees = {as_trees(w.batch, rows)};
    w.prompts = as_prompts(w.batch, rows, options.prompts_a_batch);
  }

  learn::AdamW optimizer(model.parameters().value.numel());
  std::int64_t steps = 0;
  ours.reset();
  // The plain sides share a model, which both move on: their losses stay near.
  PlainModel plain(*shape, model.parameters());
  torch::optim::AdamW plain_optimizer(
      plain.parameters(), torch::optim::AdamWOptions(learning_rate).betas({beta1, beta2}).eps(1e-8).weight_decay(0));
  std::vector<Side> sides;
  sides.push_back({.key = "updraft",
                   .name = "updraft",
                   .step =
                       [&](const Workload& w) {
                         const Using own(pool);
                         model.parameters().refresh_halves(false);
                         const auto terms = static_cast<std::int64_t>(w.batch.loss.size());
                         const learn::LossSum sum = model.loss(w.padded, rows, terms);
                         optimizer.update(model.parameters().value, model.parameters().grad, learning_rate, ++steps);
                         return sum.nats / static_cast<double>(sum.terms);
                       },
                   .computed = [](const Workload& w) { return static_cast<std::int64_t>(w.padded.tokens.size()); }});
  sides.push_back({.key = "libtorch_trees",
                   .name = "LibTorch, a sequence an intent, mask of the tree",
                   .step = [&](const Workload& w) { return step(plain, plain_optimizer, w.trees, rows); },
                   .computed = [](const Workload& w) { return computed(w.trees); }});
  sides.push_back({.key = "libtorch_prompts",
                   .name = "LibTorch, a sequence a prompt",
                   .step = [&](const Workload& w) { return step(plain, plain_optimizer, w.prompts, rows); },
                   .computed = [](const Workload& w) { return computed(w.prompts); }});
  if (!options.only.empty()) {
    std::erase_if(sides, [&](const Side& side) {
      return std::find(options.only.begin(), options.only.end(), side.key) == options.only.end();
    });
  }

  Watch watch;
  double instruction = 0, matmul = 0;  // the best of all rounds: peaks
  for (int round = 0; round <= options.rounds; ++round) {
    for (std::size_t i = 0; i < sides.size(); ++i) {
      Side& side = sides[round % 2 == 0 ? i : sides.size() - 1 - i];  // nobody always comes after the same one
      watch.look();
      const double begin = now_ms();
      const double loss = side.step(work[round]);
      if (isatty(STDERR_FILENO) != 0) {
        std::fprintf(stderr, "\r\033[Kround %d of %d: %s", round, options.rounds, side.name.c_str());
      }
      if (round == 0) continue;  // warms up
      side.seconds.push_back((now_ms() - begin) / 1000);
      side.losses.push_back(loss);
      side.rates.push_back(static_cast<double>(work[round].batch.tokens.size()) / side.seconds.back());
    }
    instruction = std::max(instruction, instruction_peak());
    matmul = std::max(matmul, matmul_peak());
  }
  if (isatty(STDERR_FILENO) != 0) std::fprintf(stderr, "\r\033[K");
  const Conditions conditions = watch.end();

  double tokens = 0, terms = 0, intents = 0, flops = 0;  // of all rounds
  for (int round = 1; round <= options.rounds; ++round) {
    const learn::Batch& batch = work[round].batch;
    tokens += static_cast<double>(batch.tokens.size());
    terms += static_cast<double>(batch.loss.size());
    intents += static_cast<double>(batch.trees.size());
    flops += flops_of_products(batch, rows, model.parameters());
  }
  std::printf("%s, %d threads on %u processors (%s), %d rounds\n", options.base.c_str(), options.threads,
              std::thread::hardware_concurrency(), processor().c_str(), options.rounds);
  std::printf(
      "a step, in the mean: %.1f intents, %.0f tokens, %.0f predictions of %zu tokens; %.2f TFLOP in products\n",
      intents / options.rounds, tokens / options.rounds, terms / options.rounds, rows.tokens.size(),
      flops * 1e-12 / options.rounds);
  std::printf("bf16 peak: %.0f GFLOP/s (VDPBF16PS on registers); at::mm of 4096: %.0f\n\n", instruction, matmul);
  std::printf("%-50s %-23s %8s %8s %8s %8s %6s\n", "", "tokens/s: min  med  max", "GFLOP/s", "of peak", "of mm",
              "computed", "loss");
  Json report{{"base", options.base},
              {"threads", options.threads},
              {"processor", processor()},
              {"rounds", options.rounds},
              {"tokens", tokens},
              {"terms", terms},
              {"flops", flops},
              {"instruction_peak_gflops", instruction},
              {"matmul_peak_gflops", matmul}};
  record(conditions, report);
  for (const Side& side : sides) {
    const Spread s = spread(side.rates);
    const double gflops = flops / tokens * s.median * 1e-9;
    double all = 0, loss = 0;
    for (int round = 1; round <= options.rounds; ++round) all += static_cast<double>(side.computed(work[round]));
    for (const double l : side.losses) loss += l / options.rounds;
    std::printf("%-50s %s %8.0f %7.1f%% %7.1f%% %8.0f %6.3f\n", side.name.c_str(), shown_rates(s).c_str(), gflops,
                instruction > 0 ? 100 * gflops / instruction : 0, 100 * gflops / matmul, all / options.rounds, loss);
    report["sides"][side.key] = {{"tokens_per_second", side.rates},
                                 {"median", s.median},
                                 {"gflops", gflops},
                                 {"losses", side.losses},
                                 {"computed", all}};
  }
  std::printf("\n");
  for (std::size_t i = 1; i < sides.size() && sides[0].key == "updraft"; ++i) {
    std::vector<double> ratios;
    for (std::size_t round = 0; round < sides[0].seconds.size(); ++round) {
      ratios.push_back(sides[i].seconds[round] / sides[0].seconds[round]);
    }
    const Spread s = spread(ratios);
    report["times_faster"][sides[i].key] = s.median;
    std::printf("updraft is %.2f times as fast as %s (median of rounds; %.2f-%.2f)\n", s.median, sides[i].name.c_str(),
                s.min, s.max);
  }
  std::printf("%s\n", conditions.text().c_str());
  tell_others(conditions);
  if (!options.json.empty() && !(std::ofstream(options.json) << report.dump(2) << "\n")) {
    return fail(ErrorCode::io, options.json + ": cannot write");
  }
  return {};
}

}  // namespace
}  // namespace updraft::bench

int main(int argc, char** argv) {
  updraft::bench::Options options;
  CLI::App app{
      "A training step of updraft beside plain LibTorch code (modules, autograd, torch::optim::AdamW), in turns.\n"
      "Tokens are those of updraft's batch, for all sides: prompts behind their shared prefixes, each token once."};
  app.add_option("--base", options.base, "GGUF file, Llama")->check(CLI::ExistingFile)->capture_default_str();
  app.add_option("--data", options.data, "folder of the corpus")->check(CLI::ExistingDirectory)->capture_default_str();
  app.add_option("--threads", options.threads, "of all sides")->check(CLI::Range(1, 256))->capture_default_str();
  app.add_option("--rounds", options.rounds, "steps of each side")->check(CLI::Range(1, 1000))->capture_default_str();
  app.add_option("--tokens-a-step", options.tokens_a_step, "")->check(CLI::Range(64, 65536))->capture_default_str();
  app.add_option("--shortlist", options.shortlist, "output vocabulary")
      ->check(CLI::Range(1024, 1 << 20))
      ->capture_default_str();
  app.add_option("--negatives", options.negatives, "random other tokens in the softmax")
      ->check(CLI::Range(0, 1 << 20))
      ->capture_default_str();
  app.add_option("--prompts-a-batch", options.prompts_a_batch,
                 "sequences that plain code computes at once, a prompt each")
      ->check(CLI::Range(1, 1024))
      ->capture_default_str();
  app.add_option("--only", options.only, "of the sides")
      ->check(CLI::IsMember({"updraft", "libtorch_trees", "libtorch_prompts"}));
  app.add_option("--json", options.json, "write the report to this file, too");
  CLI11_PARSE(app, argc, argv);
  if (const auto done = updraft::bench::compare(options); !done) {
    std::fprintf(stderr, "updraft-bench-train: %s\n", done.error().message.c_str());
    return 2;
  }
  return 0;
}
