#include "cli/eval_depth.h"

#include <CLI/CLI.hpp>
#include <memory>

#include "cli/arguments.h"
#include "cli/eval_files.h"
#include "cli/model_path.h"
#include "cli/outcome.h"
#include "cli/progress.h"
#include "eval/depth.h"
#include "eval/evaluate.h"

namespace updraft::cli {
namespace {

// As typed.
struct Arguments {
  std::string data;
  std::string model;
  std::string intents = "60";
  std::string tried = "8";
  std::string drop = "3";
  std::string exits = "3";
  std::string seed = "0";
  std::string threads = "0";
};

Result<> run(const Arguments& typed) {
  constexpr std::uint64_t most_layers = 256;
  const auto n_intents = read_integer("--intents", typed.intents, 1, 1'000'000);
  if (!n_intents) return tl::unexpected(n_intents.error());
  const auto n_tried = read_integer("--tried", typed.tried, 1, 1'000'000);
  if (!n_tried) return tl::unexpected(n_tried.error());
  const auto drop = read_integer("--drop", typed.drop, 0, most_layers);
  if (!drop) return tl::unexpected(drop.error());
  const auto exits = read_integer("--exits", typed.exits, 0, most_layers);
  if (!exits) return tl::unexpected(exits.error());
  const auto seed = read_integer("--seed", typed.seed, 0, UINT64_MAX);
  if (!seed) return tl::unexpected(seed.error());
  const auto threads = read_threads(typed.threads);
  if (!threads) return tl::unexpected(threads.error());
  auto corpus = corpus::read(data_folder(typed.data));
  if (!corpus) return tl::unexpected(corpus.error());
  const auto records = eval::choose(std::move(corpus->held_out), *n_intents, *seed);
  if (records.empty()) return fail(ErrorCode::invalid_argument, "the corpus has no held-out intents");
  const auto engine = suggest::Engine::load(model_path(typed.model), {.threads = *threads});
  if (!engine) return tl::unexpected(engine.error());
  Progress progress("depth", "measurements");
  const auto depths = eval::measure_depths(
      **engine, records, {.drop = static_cast<int>(*drop), .exits = static_cast<int>(*exits), .tried = *n_tried},
      [&](std::size_t done, std::size_t all) { progress(done, 0, all); });
  if (!depths) return tl::unexpected(depths.error());
  return print(eval::depths_table(*depths));
}

}  // namespace

Subcommand add_eval_depth(CLI::App& eval) {
  CLI::App* app = eval.add_subcommand("depth", "Measure what a model's layers are worth, by leaving some out");
  auto arguments = std::make_shared<Arguments>();
  const auto option = typed_options(*app);
  option("-d,--data", arguments->data, "Folder of the corpus (the one that comes with updraft)", "FILE");
  option("-m,--model", arguments->model, "Model file (UPDRAFT_MODEL, else the one that comes with updraft)", "FILE");
  option("--intents", arguments->intents, "How many of the held-out intents (60)", "N");
  option("--drop", arguments->drop, "Leave out so many layers, each time the one that is missed least (3)", "N");
  option("--tried", arguments->tried, "Intents by which that one is found (8)", "N");
  option("--exits", arguments->exits, "Leave out so many of the last layers (3)", "N");
  option("-s,--seed", arguments->seed, "Another seed, other intents (0)", "N");
  option("--threads", arguments->threads, "Threads; 0: one a core (0)", "N");
  app->footer(
      "Prints the perplexity of the teacher's prompts under their commands, whole and without some layers.\n"
      "Examples:\n"
      "  updraft eval depth\n"
      "  updraft eval depth --model updraft-135m-f16.gguf --drop 6 --exits 0");
  return {app, [arguments] { return finish(run(*arguments)); }};
}

}  // namespace updraft::cli
