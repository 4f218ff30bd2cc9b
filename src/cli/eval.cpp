// updraft eval: how good a model is, on intents that it was not trained on.
#include <unistd.h>

#include <CLI/CLI.hpp>
#include <chrono>
#include <memory>
#include <thread>

#include "cli/arguments.h"
#include "cli/model_path.h"
#include "cli/outcome.h"
#include "cli/subcommand.h"
#include "eval/evaluate.h"
#include "eval/report.h"
#include "files/replacement.h"

namespace updraft::cli {
namespace {

constexpr std::uint64_t max_intents = 1'000'000;
constexpr std::uint64_t max_threads = 256;

// As typed.
struct Arguments {
  std::string data;
  std::string model;
  std::string minilm;
  std::string intents = "100";
  std::string n = "8";
  std::string seed = "0";
  std::string threads = "0";
  std::string out;
  bool json = false;
};

std::filesystem::path data_folder(const std::string& option) {
  return option.empty() ? source_tree() / "data" : std::filesystem::path(option);
}

std::filesystem::path minilm_folder(const std::string& option) { return text_encoder_path(option); }

// Tells how far it is, on stderr: on a terminal a line that changes, else a line for each tenth.
class Progress {
 public:
  void operator()(std::size_t done, std::size_t all) {
    const double seconds = std::chrono::duration<double>(std::chrono::steady_clock::now() - start_).count();
    const auto left = static_cast<long>(seconds / static_cast<double>(done) * static_cast<double>(all - done));
    const std::size_t tenth = done * 10 / all;
    if (!on_terminal_ && tenth == last_tenth_) return;
    last_tenth_ = tenth;
    std::fprintf(stderr, "%s%zu of %zu intents, %ld:%02ld left%s", on_terminal_ ? "\r\033[K" : "", done, all, left / 60,
                 left % 60, on_terminal_ && done < all ? "" : "\n");
    std::fflush(stderr);
  }

 private:
  bool on_terminal_ = ::isatty(STDERR_FILENO) == 1;
  std::size_t last_tenth_ = 0;
  std::chrono::steady_clock::time_point start_ = std::chrono::steady_clock::now();
};

Result<> run(const Arguments& typed) {
  eval::Options options;
  const auto intents = read_integer("--intents", typed.intents, 1, max_intents);
  if (!intents) return tl::unexpected(intents.error());
  options.intents = static_cast<int>(*intents);
  const auto n = read_integer("-n", typed.n, 1, max_suggestions);
  if (!n) return tl::unexpected(n.error());
  options.n = static_cast<int>(*n);
  const auto seed = read_integer("--seed", typed.seed, 0, UINT64_MAX);
  if (!seed) return tl::unexpected(seed.error());
  options.seed = *seed;
  const auto read_threads = read_integer("--threads", typed.threads, 0, max_threads);
  if (!read_threads) return tl::unexpected(read_threads.error());
  const int cores = static_cast<int>(std::max(1U, std::thread::hardware_concurrency()));
  const int threads = *read_threads > 0 ? static_cast<int>(*read_threads) : cores;

  const auto encoder = encode::TextEncoder::load(minilm_folder(typed.minilm), {.threads = threads});
  if (!encoder) {
    const bool missing = encoder.error().code == ErrorCode::not_found;
    return fail(encoder.error().code,
                encoder.error().message +
                    (missing ? "; --minilm or UPDRAFT_MINILM name the text encoder (models/minilm-l6-q8_0.gguf)" : ""));
  }
  const auto path = model_path(typed.model);
  const auto suggester = Suggester::load(path, {.threads = threads, .text_encoder = minilm_folder(typed.minilm)});
  if (!suggester) return tl::unexpected(suggester.error());
  const auto engine = suggest::Engine::load(path, threads);
  if (!engine) return tl::unexpected(engine.error());
  const auto corpus = corpus::read(data_folder(typed.data));
  if (!corpus) return tl::unexpected(corpus.error());
  if (!typed.out.empty()) {
    // Better found out before minutes of work than after them.
    if (auto file = files::Replacement::create(typed.out); !file) return tl::unexpected(file.error());
  }

  const auto report = eval::evaluate({*suggester, **engine, *encoder}, corpus->held_out, options, Progress());
  if (!report) return tl::unexpected(report.error());
  if (!typed.out.empty()) {
    if (auto done = files::replace(typed.out, eval::to_json(*report)); !done) return done;
  }
  return print(typed.json ? eval::to_json(*report) : eval::to_text(*report));
}

}  // namespace

Subcommand add_eval(CLI::App& program) {
  CLI::App* app = program.add_subcommand("eval", "Measure a model on intents that it was not trained on");
  auto arguments = std::make_shared<Arguments>();
  const auto option = [&](const std::string& names, std::string& value, const std::string& description,
                          const char* type) {
    app->add_option(names, value, description)->type_name(type)->take_last();
  };
  option("-d,--data", arguments->data, "Folder of the corpus (the one that comes with updraft)", "FILE");
  option("-m,--model", arguments->model, "Model file (UPDRAFT_MODEL, else the one that comes with updraft)", "FILE");
  option("--minilm", arguments->minilm, "Text encoder (UPDRAFT_MINILM, else the one that comes with updraft)", "FILE");
  option("--intents", arguments->intents, "How many of the held-out intents (100)", "N");
  option("-n,--number", arguments->n, "How many suggestions a task, 1-64 (8)", "N");
  option("-s,--seed", arguments->seed, "Another seed, other intents and suggestions (0)", "N");
  option("--threads", arguments->threads, "Threads; 0: one a core (0)", "N");
  app->add_flag("-j,--json", arguments->json, "Print one JSON object");
  option("-o,--out", arguments->out, "Write the JSON object to this file as well", "FILE");
  app->footer(
      "Examples:\n"
      "  updraft eval\n"
      "  updraft eval --model updraft-135m-f16.gguf --intents 300 --out eval.json");
  return {app, [arguments] {
            const auto done = run(*arguments);
            return done ? success : report(done.error());
          }};
}

}  // namespace updraft::cli
