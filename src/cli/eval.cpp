// updraft eval: how good systems are, side by side, on intents that none of them was trained on. A program of its own
// (updraft-eval), because it speaks HTTP: what serves does not.
#include <CLI/CLI.hpp>
#include <cstdlib>
#include <filesystem>
#include <memory>

#include "cli/arguments.h"
#include "cli/eval_depth.h"
#include "cli/eval_feedback.h"
#include "cli/eval_files.h"
#include "cli/eval_intent.h"
#include "cli/eval_picture.h"
#include "cli/eval_search.h"
#include "cli/model_path.h"
#include "cli/outcome.h"
#include "cli/progress.h"
#include "cli/subcommand.h"
#include "eval/chat_system.h"
#include "eval/evaluate.h"
#include "eval/few_shot.h"
#include "eval/memory.h"
#include "eval/report.h"
#include "eval/sample.h"
#include "eval/texts_file.h"
#include "files/replacement.h"

namespace updraft::cli {
namespace {

constexpr std::uint64_t max_intents = 1'000'000;
constexpr std::size_t n_examples = 3;  // that a chat model is shown

// As typed.
struct Arguments {
  std::string data;
  std::string model;
  std::vector<std::string> before;
  std::vector<std::string> chats;
  std::string minilm;
  std::string intents = "100";
  std::string n = "8";
  std::string seed = "0";
  std::string threads = "0";
  std::string texts;
  std::string sample = "40";
  std::string sample_out;
  bool blind = false;
  std::string out;
  bool json = false;
};

// A row of the table: how to get at its system, and what else is to be known.
struct Entrant {
  std::string name;
  std::function<Result<eval::System>()> open;
  std::filesystem::path weights = {};  // whose steering is measured; empty: none
  bool task_only = false;
  std::string settings = {};  // what decides its texts; empty: they are made anew in each run
};

// NAME=VALUE; `name` is used where no name is given. Names are those of files and rows.
Result<std::pair<std::string, std::string>> read_named(std::string_view option, const std::string& typed,
                                                       const std::string& name) {
  const auto equals = typed.find('=');
  std::pair named(equals == std::string::npos ? name : typed.substr(0, equals),
                  equals == std::string::npos ? typed : typed.substr(equals + 1));
  const bool good = !named.first.empty() && named.first.size() <= 64 && named.first.front() != '.' &&
                    std::all_of(named.first.begin(), named.first.end(), [](unsigned char c) {
                      return std::isalnum(c) != 0 || c == ' ' || c == '-' || c == '_' || c == '.';
                    });
  if (!good || named.second.empty()) {
    return fail(ErrorCode::invalid_argument,
                std::string(option) +
                    " must be like NAME=VALUE, the name of letters, digits, spaces and '-', '_', '.', not " +
                    quote(typed));
  }
  return named;
}

Result<eval::Options> read_options(const Arguments& typed) {
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
  return options;
}

Result<Entrant> chat_entrant(const std::string& typed, const eval::Options& options,
                             std::span<const corpus::Record> training) {
  const auto named = read_named("--chat", typed, "");
  if (!named) return tl::unexpected(named.error());
  const auto url = teacher::completions_url(named->second);
  if (!url) return fail(url.error().code, "--chat " + named->first + ": " + url.error().message);
  teacher::Endpoint endpoint{.url = *url, .api_key = "", .limit = std::chrono::hours(1)};  // a busy CPU may need it
  const char* key = std::getenv("UPDRAFT_TEACHER_KEY");
  if (key != nullptr && url->starts_with("https:")) endpoint.api_key = key;
  const auto transport = teacher::http_transport(endpoint);
  if (!transport) return tl::unexpected(transport.error());
  const eval::ChatSystemOptions chat{
      .url = *url, .model = named->first, .examples = eval::choose_examples(training, n_examples, options.seed)};
  const eval::ChatOutside outside{*transport,
                                  [](std::chrono::milliseconds delay) { std::this_thread::sleep_for(delay); },
                                  [name = named->first](const Error& error) {
                                    std::fprintf(stderr, "\n%s: again: %s\n", name.c_str(), error.message.c_str());
                                  }};
  return Entrant{.name = named->first,
                 .open = [=] { return eval::chat_system(chat, outside); },
                 .settings = eval::settings_of(chat, options)};
}

Result<std::vector<Entrant>> entrants_of(const Arguments& typed, const eval::Options& options,
                                         std::span<const corpus::Record> training, int threads, double bare_mb) {
  const eval::UpdraftOptions shipped{.model = model_path(typed.model),
                                     .load = {.threads = threads, .text_encoder = text_encoder_path(typed.minilm)},
                                     .bare_mb = bare_mb};
  std::vector<Entrant> entrants = {{"teacher", [] { return eval::teacher_system(); }}};
  const auto add_updraft = [&](const std::string& name, const eval::UpdraftOptions& updraft, bool steers = true) {
    entrants.push_back({name, [updraft] { return eval::updraft_system(updraft); }, steers ? updraft.model : ""});
  };
  add_updraft("updraft", shipped);
  for (const std::string& before : typed.before) {
    const auto named = read_named("--before", before, "before");
    if (!named) return tl::unexpected(named.error());
    eval::UpdraftOptions other = shipped;
    other.model = named->second;
    add_updraft(named->first, other);
  }
  // The same weights without what stands around them, one thing at a time.
  eval::UpdraftOptions without_choice = shipped;
  without_choice.candidates = 1;
  without_choice.load.text_encoder.clear();
  add_updraft("updraft without choice", without_choice, /*steers=*/false);
  eval::UpdraftOptions without_command = shipped;
  without_command.load.task_only = true;
  add_updraft("updraft without command", without_command);
  entrants.back().task_only = true;
  for (const std::string& chat : typed.chats) {
    auto entrant = chat_entrant(chat, options, training);
    if (!entrant) return tl::unexpected(entrant.error());
    entrants.push_back(*std::move(entrant));
  }
  for (auto entrant = entrants.begin(); entrant != entrants.end(); ++entrant) {
    if (std::any_of(entrants.begin(), entrant, [&](const Entrant& other) { return other.name == entrant->name; })) {
      return fail(ErrorCode::invalid_argument, "two systems are called " + quote(entrant->name));
    }
  }
  return entrants;
}

Result<eval::TextsFile> open_texts(const Entrant& entrant, const std::filesystem::path& folder) {
  const auto path = folder / (entrant.name + ".jsonl");
  std::error_code ignored;  // it is opened next
  if (entrant.settings.empty()) std::filesystem::remove(path, ignored);
  return eval::TextsFile::open(path, entrant.settings);
}

Result<std::vector<eval::Written>> written_by(const Entrant& entrant, const Arguments& typed,
                                              std::span<const corpus::Record> records, const eval::Options& options) {
  const auto system = entrant.open();
  if (!system) return tl::unexpected(system.error());
  std::optional<eval::TextsFile> file;
  if (!typed.texts.empty()) {
    auto opened = open_texts(entrant, typed.texts);
    if (!opened) return tl::unexpected(opened.error());
    file.emplace(*std::move(opened));
  }
  return eval::collect(*system, records, options, file ? &*file : nullptr, Progress(entrant.name));
}

Result<eval::Steering> steering_of(const Entrant& entrant, std::span<const corpus::Record> records,
                                   const eval::Options& options, const reward::Scorer& scorer, int threads) {
  const auto engine = suggest::Engine::load(entrant.weights, {.threads = threads});
  if (!engine) return tl::unexpected(engine.error());
  if (entrant.task_only) (*engine)->encoder = (*engine)->encoder.task_only();
  eval::Probe probe(**engine);
  eval::Steering steering;
  Progress progress(entrant.name + ", steering");
  for (std::size_t i = 0; i < records.size(); ++i) {
    const auto seed = eval::seed_of(records[i].intent, options.seed);
    if (auto done = eval::steer(probe, scorer, records[i], options.n, seed, steering); !done) {
      return tl::unexpected(done.error());
    }
    progress(i + 1, 0, records.size());
  }
  return steering;
}

// "eval.json" -> "eval-returns.svg"
std::filesystem::path beside(const std::filesystem::path& out, const std::string& name) {
  return out.parent_path() / (out.stem().string() + "-" + name + ".svg");
}

// What is missing is better found out before minutes of work than after them.
Result<> check_ahead(const Arguments& typed, std::span<const Entrant> entrants, int threads) {
  if (auto scorer = load_scorer(text_encoder_path(typed.minilm), threads); !scorer)
    return tl::unexpected(scorer.error());
  for (const Entrant& entrant : entrants) {
    if (entrant.weights.empty()) continue;
    if (auto system = entrant.open(); !system) return tl::unexpected(system.error());
  }
  if (!typed.texts.empty()) {
    std::error_code code;
    std::filesystem::create_directories(typed.texts, code);
    if (code) return fail(ErrorCode::io, typed.texts + ": " + code.message());
  }
  for (const Entrant& entrant : entrants) {
    if (typed.texts.empty() || entrant.settings.empty()) continue;
    if (auto file = open_texts(entrant, typed.texts); !file) return tl::unexpected(file.error());
  }
  for (const std::string& out : {typed.out, typed.sample_out}) {
    if (out.empty()) continue;
    if (auto file = files::Replacement::create(out); !file) return tl::unexpected(file.error());
  }
  return {};
}

// First all is written, so that no system shares memory and time with what measures it; and first of all by the systems
// whose answers are kept, which are the slowest: a run that is stopped later has them behind it.
Result<std::vector<eval::Exhibit>> write_all(std::span<const Entrant> entrants, const Arguments& typed,
                                             std::span<const corpus::Record> records, const eval::Options& options) {
  std::vector<eval::Exhibit> exhibits(entrants.size());
  for (const bool kept : {true, false}) {
    for (std::size_t e = 0; e < entrants.size(); ++e) {
      const Entrant& entrant = entrants[e];
      if (entrant.settings.empty() == kept) continue;
      auto texts = written_by(entrant, typed, records, options);
      if (!texts) return fail(texts.error().code, entrant.name + ": " + texts.error().message);
      exhibits[e] = {entrant.name, *std::move(texts)};
    }
  }
  return exhibits;
}

Result<eval::Report> measure(std::span<const Entrant> entrants, std::span<const eval::Exhibit> exhibits,
                             std::span<const corpus::Record> records, const eval::Options& options,
                             const reward::Scorer& scorer, int threads) {
  eval::Report report{.n_intents = records.size(), .options = options, .systems = {}};
  for (std::size_t e = 0; e < entrants.size(); ++e) {
    eval::SystemReport& system = report.systems.emplace_back();
    system.name = entrants[e].name;
    for (std::size_t i = 0; i < records.size(); ++i) {
      eval::add(system, records[i], exhibits[e].written[i], options.n, scorer);
    }
    if (entrants[e].weights.empty()) continue;
    auto steering = steering_of(entrants[e], records, options, scorer, threads);
    if (!steering) return tl::unexpected(steering.error());
    system.steering = *std::move(steering);
  }
  return report;
}

Result<> run(const Arguments& typed) {
  const double bare_mb = eval::own_memory().resident_mb;
  const auto options = read_options(typed);
  if (!options) return tl::unexpected(options.error());
  const auto threads = read_threads(typed.threads);
  if (!threads) return tl::unexpected(threads.error());
  const auto n_sample = read_integer("--sample", typed.sample, 1, max_intents);
  if (!n_sample) return tl::unexpected(n_sample.error());
  auto corpus = corpus::read(data_folder(typed.data));
  if (!corpus) return tl::unexpected(corpus.error());
  const auto entrants = entrants_of(typed, *options, corpus->train, *threads, bare_mb);
  if (!entrants) return tl::unexpected(entrants.error());
  if (auto ready = check_ahead(typed, *entrants, *threads); !ready) return ready;
  const auto records =
      eval::choose(std::move(corpus->held_out), static_cast<std::size_t>(options->intents), options->seed);
  if (records.empty()) return fail(ErrorCode::invalid_argument, "the corpus has no held-out intents");

  const auto exhibits = write_all(*entrants, typed, records, *options);
  if (!exhibits) return tl::unexpected(exhibits.error());
  if (!typed.sample_out.empty()) {
    const eval::SampleOptions sample{.intents = *n_sample, .seed = options->seed, .blind = typed.blind};
    if (auto done = files::replace(typed.sample_out, eval::sample(records, *exhibits, sample)); !done) return done;
  }
  const auto scorer = load_scorer(text_encoder_path(typed.minilm), *threads);
  if (!scorer) return tl::unexpected(scorer.error());
  const auto report = measure(*entrants, *exhibits, records, *options, *scorer, *threads);
  if (!report) return tl::unexpected(report.error());
  if (!typed.out.empty()) {
    if (auto done = files::replace(typed.out, eval::to_json(*report)); !done) return done;
    for (const eval::Picture& picture : eval::pictures(*report)) {
      if (auto done = files::replace(beside(typed.out, picture.name), picture.svg); !done) return done;
    }
  }
  return print(typed.json ? eval::to_json(*report) : eval::to_text(*report));
}

}  // namespace

Subcommand add_eval(CLI::App& program) {
  CLI::App* app =
      program.add_subcommand("eval", "Measure systems side by side on intents that they were not trained on");
  auto arguments = std::make_shared<Arguments>();
  const auto option = typed_options(*app);
  option("-d,--data", arguments->data, "Folder of the corpus (the one that comes with updraft)", "FILE");
  option("-m,--model", arguments->model, "Model file (UPDRAFT_MODEL, else the one that comes with updraft)", "FILE");
  app->add_option("--before", arguments->before, "Another model file beside it; can be repeated, [NAME=]FILE")
      ->type_name("FILE")
      ->allow_extra_args(false);
  app->add_option("--chat", arguments->chats,
                  "A chat model behind an OpenAI-compatible endpoint, asked by examples; can be repeated")
      ->type_name("NAME=URL")
      ->allow_extra_args(false);
  option("--minilm", arguments->minilm, "Text encoder (UPDRAFT_MINILM, else the one that comes with updraft)", "FILE");
  option("--intents", arguments->intents, "How many of the held-out intents (100)", "N");
  option("-n,--number", arguments->n, "How many texts a task, 1-64 (8)", "N");
  option("-s,--seed", arguments->seed, "Another seed, other intents and texts (0)", "N");
  option("--threads", arguments->threads, "Threads; 0: one a core (0)", "N");
  option("--texts", arguments->texts, "Keep what each system wrote in this folder; chat models are not asked again",
         "FOLDER");
  option("--sample-out", arguments->sample_out,
         "Write some intents with what all systems wrote to this file (Markdown)", "FILE");
  option("--sample", arguments->sample, "How many intents that is (40)", "N");
  app->add_flag("--blind", arguments->blind, "Without names there, the key at the end");
  app->add_flag("-j,--json", arguments->json, "Print one JSON object");
  option("-o,--out", arguments->out, "Write the JSON object to this file as well, and pictures (SVG) beside it",
         "FILE");
  app->footer(
      "Examples:\n"
      "  updraft eval\n"
      "  updraft eval --model updraft-135m-f16.gguf --intents 300 --out eval.json\n"
      "  updraft eval --before \"before online UDRL=old.gguf\" --chat Qwen2.5-Coder-1.5B=http://127.0.0.1:8080 \\\n"
      "    --intents 300 --texts texts --out eval.json --sample-out sample.md\n"
      "  updraft eval intent\n"
      "  updraft eval picture /usr/share/openclipart/svg\n"
      "  updraft eval search pictures/\n"
      "  updraft eval depth\n"
      "  updraft eval feedback --help\n"
      "UPDRAFT_TEACHER_KEY holds the key of https endpoints. tools/llama-server serves models on this machine.");
  const Subcommand intent = add_eval_intent(*app);
  const Subcommand picture = add_eval_picture(*app);
  const Subcommand search = add_eval_search(*app);
  const Subcommand feedback = add_eval_feedback(*app);
  const Subcommand depth = add_eval_depth(*app);
  return {app, [arguments, intent, picture, search, feedback, depth] {
            if (intent.app->parsed()) return intent.run();
            if (picture.app->parsed()) return picture.run();
            if (search.app->parsed()) return search.run();
            if (feedback.app->parsed()) return feedback.run();
            if (depth.app->parsed()) return depth.run();
            return finish(run(*arguments));
          }};
}

}  // namespace updraft::cli
