#include "cli/eval_intent.h"

#include <CLI/CLI.hpp>
#include <map>
#include <memory>

#include "cli/arguments.h"
#include "cli/eval_files.h"
#include "cli/model_path.h"
#include "cli/outcome.h"
#include "cli/progress.h"
#include "cli/subcommand.h"
#include "cli/terminal.h"
#include "eval/evaluate.h"
#include "eval/understanding.h"
#include "files/mapping.h"
#include "files/replacement.h"
#include "text/words.h"
#include "updraft/intent.h"

namespace updraft::cli {
namespace {

// As typed.
struct Arguments {
  std::string data;
  std::string model;
  std::string minilm;
  std::string utterances = "1000";
  std::string seed = "0";
  std::string threads = "0";
  std::string out;
  std::string texts;
  bool fit = false;
  bool json = false;
};

// The lines of data/meaningless.txt; none where there is no such file.
Result<std::vector<std::string>> read_meaningless(const std::filesystem::path& folder) {
  const auto path = folder / "meaningless.txt";
  std::error_code ignored;
  if (!std::filesystem::exists(path, ignored)) return std::vector<std::string>();
  const auto file = files::Mapping::open(path);
  if (!file) return tl::unexpected(file.error());
  std::string_view rest = file->text();
  std::vector<std::string> lines;
  while (!rest.empty()) {
    const std::size_t end = std::min(rest.find('\n'), rest.size());
    if (end > 0) lines.emplace_back(rest.substr(0, end));
    rest.remove_prefix(std::min(rest.size(), end + 1));
  }
  return lines;
}

// A line an utterance: what was typed, what was understood, what was meant.
std::string line_of(std::string_view typed, const Intent& understood, std::string_view meant) {
  std::string line = number(understood.confidence, 3) + '\t' + std::string(typed) + '\t' +
                     understood.goals.front().name + '\t' + understood.categories.front().name + '\t' +
                     understood.text + '\t' + std::string(meant);
  for (const Facet& facet : understood.facets) line += '\t' + facet.name + '=' + facet.value;
  std::replace(line.begin(), line.end(), '\n', ' ');
  return line + '\n';
}

std::string weights_text(const char* name, const std::vector<double>& weights) {
  std::string text = "constexpr Signs " + std::string(name) + " = {";
  for (std::size_t i = 0; i < weights.size(); ++i) text += (i > 0 ? ", " : "") + number(weights[i], 3);
  return text + "};\n";
}

// For src/intent/confidence.cpp.
std::string fitted(const eval::UnderstandingReport& report) {
  std::vector<std::vector<double>> signs = report.signs;
  signs.insert(signs.end(), report.signs_of_queries.begin(), report.signs_of_queries.end());
  std::vector<bool> means_something(signs.size(), true);
  signs.insert(signs.end(), report.signs_of_meaningless.begin(), report.signs_of_meaningless.end());
  means_something.resize(signs.size(), false);
  return weights_text("of_meaning", eval::fit_logistic(signs, means_something)) +
         weights_text("of_saying", eval::fit_logistic(report.signs, report.right));
}

// Intents that no training saw, as short as what is typed into a search box.
Result<std::vector<std::string>> read_queries(const std::filesystem::path& folder) {
  constexpr std::size_t most_words = 3;
  const auto corpus = corpus::read(folder);
  if (!corpus) return tl::unexpected(corpus.error());
  std::vector<std::string> queries;
  for (const corpus::Record& record : corpus->held_out) {
    if (text::count_words(record.intent) <= most_words) queries.push_back(record.intent);
  }
  return queries;
}

Result<> run(const Arguments& typed) {
  const auto n_utterances = read_integer("--utterances", typed.utterances, 1, 1'000'000);
  if (!n_utterances) return tl::unexpected(n_utterances.error());
  const auto seed = read_integer("--seed", typed.seed, 0, UINT64_MAX);
  if (!seed) return tl::unexpected(seed.error());
  const auto threads = read_threads(typed.threads);
  if (!threads) return tl::unexpected(threads.error());
  auto corpus = corpus::read_utterances(data_folder(typed.data));
  if (!corpus) return tl::unexpected(corpus.error());
  const auto second = corpus::read_second_reader(data_folder(typed.data));
  if (!second) return tl::unexpected(second.error());
  std::map<std::string_view, const corpus::Record*> second_by_text;
  for (const corpus::Record& record : *second) second_by_text[record.utterances.front().text] = &record;
  const auto meaningless = read_meaningless(data_folder(typed.data));
  if (!meaningless) return tl::unexpected(meaningless.error());
  const auto queries = read_queries(data_folder(typed.data));
  if (!queries) return tl::unexpected(queries.error());
  const auto records = eval::choose(std::move(corpus->held_out), *n_utterances, *seed);
  if (records.empty())
    return fail(ErrorCode::invalid_argument, "no utterances are held out in " + data_folder(typed.data).string());
  const auto scorer = load_scorer(text_encoder_path(typed.minilm), *threads);
  if (!scorer) return tl::unexpected(scorer.error());
  const auto lexicon = reward::Lexicon::beside(text_encoder_path(typed.minilm));
  if (!lexicon) return tl::unexpected(lexicon.error());
  const auto detector = IntentDetector::load(model_path(typed.model), *threads);
  if (!detector) return tl::unexpected(detector.error());

  eval::UnderstandingReport report, report_of_second;
  std::string texts;
  Progress progress("intent", "utterances");
  for (std::size_t i = 0; i < records.size(); ++i) {
    for (const corpus::Utterance& utterance : records[i].utterances) {
      const auto understood = detector->detect(utterance.text);
      if (!understood) return tl::unexpected(understood.error());
      const auto other = second_by_text.find(utterance.text);
      const corpus::Record* other_record = other == second_by_text.end() ? nullptr : other->second;
      eval::add(report, records[i], utterance, *understood, scorer->encoder(), other_record,
                *lexicon ? &**lexicon : nullptr);
      if (other_record != nullptr) {
        eval::add(report_of_second, records[i], utterance, eval::as_understood(*other_record), scorer->encoder());
      }
      texts += line_of(utterance.text, *understood, records[i].intent);
    }
    progress(i + 1, 0, records.size());
  }
  for (const std::string& text : *meaningless) {
    const auto understood = detector->detect(text);
    if (!understood) return tl::unexpected(understood.error());
    eval::add_meaningless(report, text, *understood);
    texts += line_of(text, *understood, "(nothing)");
  }
  for (const std::string& text : *queries) {
    const auto understood = detector->detect(text);
    if (!understood) return tl::unexpected(understood.error());
    eval::add_query(report, text, *understood);
    texts += line_of(text, *understood, text);
  }
  if (!typed.texts.empty()) {
    if (auto done = files::replace(typed.texts, texts); !done) return done;
  }
  if (!typed.out.empty()) {
    if (auto done = files::replace(typed.out, eval::to_json(report)); !done) return done;
  }
  if (typed.fit && !report.signs.empty()) return print(fitted(report));
  return print(typed.json ? eval::to_json(report)
                          : eval::to_text(report, report_of_second) + '\n' + eval::kinds_table(report));
}

}  // namespace

Subcommand add_eval_intent(CLI::App& eval) {
  CLI::App* app = eval.add_subcommand("intent", "Measure how well what people type is understood");
  auto arguments = std::make_shared<Arguments>();
  const auto option = typed_options(*app);
  option("-d,--data", arguments->data, "Folder of the corpus (the one that comes with updraft)", "FILE");
  option("-m,--model", arguments->model, "Model file (UPDRAFT_MODEL, else the one that comes with updraft)", "FILE");
  option("--minilm", arguments->minilm, "Text encoder (UPDRAFT_MINILM, else the one that comes with updraft)", "FILE");
  option("--utterances", arguments->utterances, "How many of the held-out utterances (1000)", "N");
  option("-s,--seed", arguments->seed, "Another seed, other utterances (0)", "N");
  option("--threads", arguments->threads, "Threads; 0: one a core (0)", "N");
  option("--texts", arguments->texts, "Write what was understood to this file, a line an utterance, tabs between",
         "FILE");
  app->add_flag("--fit", arguments->fit, "Fit the confidence on half of the utterances, and print its weights");
  app->add_flag("-j,--json", arguments->json, "Print one JSON object");
  option("-o,--out", arguments->out, "Write the JSON object to this file as well", "FILE");
  app->footer(
      "Examples:\n"
      "  updraft eval intent\n"
      "  updraft eval intent --model updraft-135m-f16.gguf --out intent.json --texts intent.tsv");
  return {app, [arguments] { return finish(run(*arguments)); }};
}

}  // namespace updraft::cli
