// updraft suggest: from what was typed to prompts.
#include "updraft/suggest.h"

#include <CLI/CLI.hpp>
#include <memory>
#include <optional>
#include <vector>

#include "cli/answer.h"
#include "cli/arguments.h"
#include "cli/inputs.h"
#include "cli/model_path.h"
#include "cli/outcome.h"
#include "cli/seen.h"
#include "cli/subcommand.h"
#include "cli/terminal.h"
#include "updraft/intent.h"

namespace updraft::cli {
namespace {

// As typed. Defaults are those of SuggestOptions.
struct Arguments {
  std::string intent;
  PictureArguments picture;
  std::string task = "all";
  std::string n = "8";
  std::string candidates = "4";
  std::string words = "any";
  std::string ret = "9";
  std::string seed = "0";
  std::string temperature;
  std::string threads = "0";
  std::string model;
  std::string text_encoder;
  bool verbatim = false;
  bool json = false;
  bool stats = false;
};

// As understood.
struct Request {
  std::vector<SuggestOptions> tasks;
  LoadOptions load;
};

Result<std::vector<Task>> read_tasks(std::string_view typed) {
  if (typed == "all") return std::vector<Task>(prompt_tasks.begin(), prompt_tasks.end());
  std::vector<std::string_view> names;
  for (const Task task : prompt_tasks) {
    if (name(task) == typed) return std::vector{task};
    names.push_back(name(task));
  }
  names.emplace_back("all");
  std::string message = "there is no task " + quote(typed) + did_you_mean(typed, names);
  if (!closest(typed, names)) message += "; choose query, related, template, image or all";
  return fail(ErrorCode::invalid_argument, std::move(message));
}

Result<Request> read(const Arguments& typed) {
  SuggestOptions options;
  const auto tasks = read_tasks(typed.task);
  if (!tasks) return tl::unexpected(tasks.error());
  const auto n = read_integer("-n", typed.n, 1, max_suggestions);
  if (!n) return tl::unexpected(n.error());
  options.n = static_cast<int>(*n);
  const auto candidates = read_integer("--candidates", typed.candidates, 1, max_candidates);
  if (!candidates) return tl::unexpected(candidates.error());
  options.candidates = static_cast<int>(*candidates);
  if (typed.words != "any") {
    const auto words = read_words("--words", typed.words);
    if (!words) return tl::unexpected(words.error());
    options.words = *words;
  }
  const auto ret = read_integer("--return", typed.ret, 0, 9);
  if (!ret) return tl::unexpected(ret.error());
  options.ret = static_cast<int>(*ret);
  const auto seed = read_integer("--seed", typed.seed, 0, UINT64_MAX);
  if (!seed) return tl::unexpected(seed.error());
  options.seed = *seed;
  if (!typed.temperature.empty()) {
    const auto temperature = read_number("--temperature", typed.temperature, 0, 2);
    if (!temperature) return tl::unexpected(temperature.error());
    options.temperature = *temperature;
  }
  const auto threads = read_threads(typed.threads);
  if (!threads) return tl::unexpected(threads.error());

  Request request;
  request.load = {*threads, text_encoder_path(typed.text_encoder)};
  for (const Task task : *tasks) {
    options.task = task;
    request.tasks.push_back(options);
  }
  return request;
}

const InputRules& intent_rules() {
  static const InputRules rules{"intent", max_intent_bytes, "say what the prompts are for, e.g. \"holiday sale\""};
  return rules;
}

Result<> answer(const Suggester& suggester, const Wanted& wanted, const Request& request, const Arguments& arguments,
                const Terminal& terminal) {
  auto suggestions = suggester.suggest_all(wanted.intent(), request.tasks);
  if (!suggestions) return tl::unexpected(suggestions.error());
  std::vector<Answer> answers;
  for (std::size_t i = 0; i < suggestions->size(); ++i) {
    answers.push_back({request.tasks[i].task, std::move((*suggestions)[i])});
  }
  if (!arguments.json) return print(to_text(wanted, answers, arguments.stats, terminal));
  std::string lines;
  for (const Answer& a : answers) lines += to_json(wanted, a);
  return print(lines);
}

int run(const Arguments& arguments) {
  const auto request = read(arguments);
  if (!request) return report(request.error());
  const bool only_shown = arguments.intent.empty() && !arguments.picture.image.empty();
  if (const auto checked = check_inputs(arguments.intent, intent_rules()); !checked && !only_shown) {
    return report(checked.error());
  }
  const auto seen = look(arguments.picture, request->load.threads);
  if (!seen) return report(seen.error());
  const auto model = Model::load(model_path(arguments.model), request->load.threads);
  if (!model) return report_model(model.error());
  const auto suggester = Suggester::with(*model, request->load);
  if (!suggester) return report_model(suggester.error());
  std::optional<IntentDetector> detector;
  if (!arguments.verbatim) {
    // A model that was not trained to understand takes everything as it was typed.
    if (auto with = IntentDetector::with(*model); with) detector.emplace(*std::move(with));
  }
  const Terminal terminal = Terminal::of(stdout);
  return answer_inputs(arguments.intent, intent_rules(), [&](std::string_view typed, bool first) -> Result<> {
    if (!first && !arguments.json) {
      if (auto done = print("\n"); !done) return done;
    }
    const auto wanted = wanted_of(*seen, typed, detector);
    if (!wanted) return tl::unexpected(wanted.error());
    return answer(*suggester, *wanted, *request, arguments, terminal);
  });
}

}  // namespace

Subcommand add_suggest(CLI::App& program) {
  CLI::App* app = program.add_subcommand("suggest", "Write prompts for an intent");
  auto arguments = std::make_shared<Arguments>();
  app->add_option("INTENT", arguments->intent, "What is wanted, in any words; - reads one a line from stdin")
      ->type_name("");
  const auto option = typed_options(*app);
  add_picture_options(*app, arguments->picture);
  option("-t,--task", arguments->task, "What to write (all)", "query|related|template|image|all");
  option("-n,--number", arguments->n, "How many suggestions a task, 1-64 (8)", "N");
  option("-c,--candidates", arguments->candidates, "How many to draw for each one shown; more: slower, better (4)",
         "1-8");
  option("-w,--words", arguments->words, "How many words each: 12, or 5-30 (any: what suits the task)", "N|A-B");
  option("-r,--return", arguments->ret, "How good the suggestions shall be (9)", "0-9");
  option("-s,--seed", arguments->seed, "Another seed, other suggestions; the same, the same (0)", "N");
  option("--temperature", arguments->temperature,
         "From 0, the likeliest, to 2, the wildest (1; with one candidate 0.8)", "X");
  app->add_flag("--verbatim", arguments->verbatim,
                "Take what is wanted as it stands; do not ask the model what is meant");
  app->add_flag("-j,--json", arguments->json, "Print one JSON object a line for each task, timings included");
  app->add_flag("--stats", arguments->stats, "Show words and scores, and what it cost in time and memory");
  option("-m,--model", arguments->model, "Model file (UPDRAFT_MODEL, else the one that comes with updraft)", "FILE");
  option("--encoder", arguments->text_encoder,
         "What scores the candidates (UPDRAFT_MINILM, else the one that comes with updraft); none: likelihood alone",
         "FILE");
  option("--threads", arguments->threads, "Threads; 0: one a core (0)", "N");
  app->footer(
      "Examples:\n"
      "  updraft suggest \"holiday sale\"\n"
      "  updraft suggest \"need a flyer for our xmas sale pls, no santa\"\n"
      "  updraft suggest --image photo.jpg \"like this but in blue, for kids\"\n"
      "  updraft suggest \"holiday sale\" --task template -n 3 --words 10-20\n"
      "  updraft suggest \"birthday party for a dinosaur fan\" --task image --seed 7 --stats\n"
      "  updraft suggest - --task query --json < intents.txt > prompts.jsonl");
  return {app, [arguments] { return run(*arguments); }};
}

}  // namespace updraft::cli
