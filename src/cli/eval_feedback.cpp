#include "cli/eval_feedback.h"

#include <CLI/CLI.hpp>
#include <memory>

#include "cli/arguments.h"
#include "cli/eval_files.h"
#include "cli/model_path.h"
#include "cli/outcome.h"
#include "cli/progress.h"
#include "eval/evaluate.h"
#include "eval/feedback_loop.h"
#include "feedback/parts.h"
#include "files/replacement.h"

namespace updraft::cli {
namespace {

// As typed.
struct Arguments {
  std::string model;
  std::string to;
  std::string frozen;
  std::string data;
  std::string minilm;
  std::string task = "template";
  std::string intents = "300";
  std::string people = "50";
  std::string round = "1";
  std::string seed = "0";
  std::string threads = "0";
  std::string out;
  bool json = false;
};

struct Setting {
  eval::LoopOptions options;
  std::size_t intents = 0;
  int threads = 0;
  std::uint64_t round = 1;
};

Result<Setting> read(const Arguments& typed) {
  Setting setting;
  const auto task = task_from_name(typed.task);
  if (!task || *task == Task::intent) {
    return fail(ErrorCode::invalid_argument,
                "--task must be query, related, template or image, not " + quote(typed.task));
  }
  const auto intents = read_integer("--intents", typed.intents, 1, 1'000'000);
  if (!intents) return tl::unexpected(intents.error());
  const auto people = read_integer("--people", typed.people, 1, 10'000);
  if (!people) return tl::unexpected(people.error());
  const auto round = read_integer("--round", typed.round, 1, 1000);
  if (!round) return tl::unexpected(round.error());
  const auto seed = read_integer("--seed", typed.seed, 0, UINT32_MAX);
  if (!seed) return tl::unexpected(seed.error());
  const auto threads = read_threads(typed.threads);
  if (!threads) return tl::unexpected(threads.error());
  setting.options = {.task = *task, .people = *people, .seed = *seed, .round = typed.round};
  setting.intents = *intents;
  setting.threads = *threads;
  setting.round = *round;
  return setting;
}

// The eight suggestions of a model file.
Result<eval::Suggest> load(const std::filesystem::path& model, const Arguments& typed, const Setting& setting) {
  auto loaded = Suggester::load(model, {.threads = setting.threads, .text_encoder = text_encoder_path(typed.minilm)});
  if (!loaded) return tl::unexpected(loaded.error());
  const auto suggester = std::make_shared<Suggester>(*std::move(loaded));
  return [suggester, task = setting.options.task](const std::string& intent,
                                                  std::uint64_t seed) -> Result<std::vector<Suggestion>> {
    SuggestOptions options;
    options.task = task;
    options.seed = seed;
    auto answer = suggester->suggest(intent, options);
    if (!answer) return tl::unexpected(answer.error());
    return std::move(answer->items);
  };
}

std::vector<corpus::Record> typed_by_people(std::vector<corpus::Record> records) {
  std::erase_if(records, [](const corpus::Record& record) { return record.intent.starts_with("tags:"); });
  return records;
}

Result<> show(const Arguments& typed) {
  const auto setting = read(typed);
  if (!setting) return tl::unexpected(setting.error());
  auto corpus = corpus::read(data_folder(typed.data));
  if (!corpus) return tl::unexpected(corpus.error());
  // Other intents in each round.
  const auto records = eval::choose(typed_by_people(std::move(corpus->train)), setting->intents,
                                    setting->options.seed + 1000 * setting->round);
  const auto scorer = load_scorer(text_encoder_path(typed.minilm), setting->threads);
  if (!scorer) return tl::unexpected(scorer.error());
  auto store = FeedbackStore::open(typed.to);
  if (!store) return tl::unexpected(store.error());
  const auto suggest = load(model_path(typed.model), typed, *setting);
  if (!suggest) return tl::unexpected(suggest.error());
  const eval::Population population(setting->options.seed);
  Progress progress("round " + typed.round);
  eval::Loop loop{*suggest, population, *scorer};
  loop.on_progress = [&](std::size_t done, std::size_t all) { progress(done, 0, all); };
  feedback::Parts parts(*store);
  auto done = eval::show(loop, records, setting->options,
                         [&](std::span<const FeedbackEvent> events) { return parts.add(events); });
  if (done) done = parts.flush();
  if (!done) return done;
  const FeedbackStored& all = parts.all();
  return print(std::to_string(all.stored) + " events of " + std::to_string(records.size()) + " intents stored in " +
               store->place() + (all.known > 0 ? ", " + std::to_string(all.known) + " known already" : "") + "\n");
}

Result<> compare(const Arguments& typed) {
  const auto setting = read(typed);
  if (!setting) return tl::unexpected(setting.error());
  auto corpus = corpus::read(data_folder(typed.data));
  if (!corpus) return tl::unexpected(corpus.error());
  const auto records =
      eval::choose(typed_by_people(std::move(corpus->held_out)), setting->intents, setting->options.seed);
  if (records.empty()) return fail(ErrorCode::invalid_argument, "the corpus has no held-out intents");
  const auto scorer = load_scorer(text_encoder_path(typed.minilm), setting->threads);
  if (!scorer) return tl::unexpected(scorer.error());
  const eval::Population population(setting->options.seed);
  const auto measured = [&](const std::string& name,
                            const std::filesystem::path& model) -> Result<std::vector<eval::ClickThrough>> {
    const auto suggest = load(model, typed, *setting);
    if (!suggest) return tl::unexpected(suggest.error());
    Progress progress(name);
    eval::Loop loop{*suggest, population, *scorer};
    loop.on_progress = [&](std::size_t done, std::size_t all) { progress(done, 0, all); };
    return eval::measure(loop, records, setting->options);
  };
  auto before = measured("frozen", model_path(typed.frozen));
  if (!before) return tl::unexpected(before.error());
  auto after = measured("after feedback", model_path(typed.model));
  if (!after) return tl::unexpected(after.error());
  eval::LoopReport report{
      .people = setting->options.people, .before = *std::move(before), .after = *std::move(after), .lift = {}};
  report.lift = eval::lift(report.before, report.after, setting->options.seed);
  if (!typed.out.empty()) {
    if (auto done = files::replace(typed.out, eval::to_json(report)); !done) return done;
  }
  return print(typed.json ? eval::to_json(report) : eval::to_text(report));
}

}  // namespace

Subcommand add_eval_feedback(CLI::App& eval) {
  CLI::App* app = eval.add_subcommand("feedback", "Have a simulated population use suggestions, and see what it likes");
  app->require_subcommand(1);
  auto arguments = std::make_shared<Arguments>();
  const auto add = [&](const char* name, const char* about, const char* intents) {
    CLI::App* command = app->add_subcommand(name, about);
    const auto option = typed_options(*command);
    option("-m,--model", arguments->model, "Model file (UPDRAFT_MODEL, else the one that comes with updraft)", "FILE");
    option("-d,--data", arguments->data, "Folder of the corpus (the one that comes with updraft)", "FILE");
    option("--minilm", arguments->minilm, "Text encoder (UPDRAFT_MINILM, else the one that comes with updraft)",
           "FILE");
    option("-t,--task", arguments->task, "What is suggested (template)", "query|related|template|image");
    option("--intents", arguments->intents, intents, "N");
    option("--people", arguments->people, "How many people see the suggestions for an intent (50)", "N");
    option("-s,--seed", arguments->seed, "Another seed, other tastes, people and intents (0)", "N");
    option("--threads", arguments->threads, "Threads; 0: one a core (0)", "N");
    return command;
  };
  CLI::App* show_app = add("show", "Show suggestions to people, and store what they do",
                           "For how many intents of the training set (300)");
  typed_options (*show_app)("--to", arguments->to, "The store: a file, or postgresql://user@host/database", "FILE");
  show_app->get_option("--to")->required();
  typed_options (*show_app)("--round", arguments->round, "Other intents in each round (1)", "N");
  show_app->footer(
      "Examples:\n"
      "  updraft eval feedback show --to feedback.sqlite\n"
      "  updraft eval feedback show --model learnt.gguf --round 2 --to feedback.sqlite");

  CLI::App* compare_app = add("compare", "Compare click-through on intents that nobody has learnt from",
                              "On how many held-out intents (300)");
  typed_options (*compare_app)("--frozen", arguments->frozen, "Model file that learnt nothing from feedback", "FILE");
  compare_app->add_flag("-j,--json", arguments->json, "Print one JSON object");
  typed_options (*compare_app)("-o,--out", arguments->out, "Write the JSON object to this file as well", "FILE");
  compare_app->footer(
      "Examples:\n"
      "  updraft eval feedback compare --model learnt.gguf --frozen models/updraft-135m-q4_0.gguf");
  app->footer(
      "Examples:\n"
      "  updraft eval feedback show --to feedback.sqlite\n"
      "  updraft eval feedback compare --model learnt.gguf --frozen models/updraft-135m-q4_0.gguf\n"
      "bench/feedback-loop does all of it, training included. src/eval/population.h tells who these people are.");
  return {app, [=] { return finish(show_app->parsed() ? show(*arguments) : compare(*arguments)); }};
}

}  // namespace updraft::cli
