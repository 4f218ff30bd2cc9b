#include "cli/eval_search.h"

#include <unistd.h>

#include <CLI/CLI.hpp>
#include <cstdio>
#include <cstdlib>
#include <filesystem>
#include <memory>
#include <optional>
#include <utility>

#include "catalogue/source.h"
#include "cli/arguments.h"
#include "cli/eval_files.h"
#include "cli/look_up.h"
#include "cli/model_path.h"
#include "cli/outcome.h"
#include "corpus/corpus.h"
#include "eval/search_quality.h"
#include "files/replacement.h"

namespace updraft::cli {
namespace {

struct Arguments {
  std::string path;
  std::string data;
  std::string model;
  std::string minilm;
  std::string queries = "8";
  std::string threads = "0";
  std::string out;
  bool json = false;
};

// A folder that goes with the object.
class Scratch {
 public:
  static Result<Scratch> make() {
    std::error_code code;
    std::string name = (std::filesystem::temp_directory_path(code) / "updraft-eval-XXXXXX").string();
    if (code || ::mkdtemp(name.data()) == nullptr) return fail(ErrorCode::io, name + ": cannot make a folder");
    return Scratch(name);
  }
  Scratch(Scratch&& other) noexcept : path_(std::exchange(other.path_, {})) {}
  Scratch& operator=(Scratch&&) = delete;
  ~Scratch() {
    std::error_code ignored;
    if (!path_.empty()) std::filesystem::remove_all(path_, ignored);
  }
  [[nodiscard]] const std::filesystem::path& path() const { return path_; }

 private:
  explicit Scratch(std::filesystem::path path) : path_(std::move(path)) {}
  std::filesystem::path path_;
};

// All that are good.
Result<std::vector<Asset>> read_assets(const std::string& path) {
  const auto source = catalogue::open_source(path);
  if (!source) return tl::unexpected(source.error());
  std::vector<Asset> assets;
  while (true) {
    auto item = (*source)->next();
    if (!item) return tl::unexpected(item.error());
    if (!item->has_value()) return assets;
    if ((**item).wrong.empty()) assets.push_back(std::move((**item).asset));
  }
}

// What people ask for, held out or not: it only chooses among the tags.
Result<std::vector<std::string>> read_intents(const std::string& data) {
  const auto corpus = corpus::read(data_folder(data));
  if (!corpus) return tl::unexpected(corpus.error());
  std::vector<std::string> intents;
  for (const auto* records : {&corpus->train, &corpus->held_out}) {
    for (const corpus::Record& record : *records) intents.push_back(record.intent);
  }
  return intents;
}

Result<> run(const Arguments& typed) {
  const auto threads = read_threads(typed.threads);
  if (!threads) return tl::unexpected(threads.error());
  const auto queries = read_integer("--queries", typed.queries, 1, max_queries);
  if (!queries) return tl::unexpected(queries.error());
  const auto assets = read_assets(typed.path);
  if (!assets) return tl::unexpected(assets.error());
  const auto intents = read_intents(typed.data);
  if (!intents) return tl::unexpected(intents.error());
  const eval::JudgedSet set = eval::judge(*assets, *intents);
  if (set.vague.empty() || set.exact.empty()) {
    return fail(ErrorCode::invalid_argument, typed.path + ": too few tags or titles to ask for");
  }
  const std::filesystem::path encoder = text_encoder_path(typed.minilm);
  auto loaded = Suggester::load(model_path(typed.model), {.threads = *threads, .text_encoder = encoder});
  if (!loaded) return tl::unexpected(loaded.error());
  const std::optional<Suggester> suggester(std::move(*loaded));
  const auto scratch = Scratch::make();
  if (!scratch) return tl::unexpected(scratch.error());
  const eval::SearchQualityOptions options{
      .scratch = scratch->path(),
      .text_encoder = encoder,
      .threads = *threads,
      .write_queries =
          [&](std::string_view text) {
            return write_queries(suggester, Task::query, static_cast<int>(*queries), text);
          },
      .on_fold = [](std::size_t fold,
                    std::size_t folds) { std::fprintf(stderr, "catalogue %zu of %zu\n", fold + 1, folds); }};
  const auto report = eval::measure_search(*assets, set, options);
  if (!report) return tl::unexpected(report.error());
  if (!typed.out.empty()) {
    if (auto done = files::replace(typed.out, eval::to_json(*report)); !done) return done;
  }
  return print(typed.json ? eval::to_json(*report) : eval::to_text(*report));
}

}  // namespace

Subcommand add_eval_search(CLI::App& eval) {
  CLI::App* app =
      eval.add_subcommand("search", "Measure searches and recommendations on a catalogue's tags and titles");
  auto arguments = std::make_shared<Arguments>();
  app->add_option("PATH", arguments->path, "What updraft index takes: a folder of pictures, .jsonl or .csv")
      ->required()
      ->type_name("FILE");
  const auto option = typed_options(*app);
  option("-d,--data", arguments->data, "Folder of the corpus (the one that comes with updraft)", "FILE");
  option("-m,--model", arguments->model, "Model file (UPDRAFT_MODEL, else the one that comes with updraft)", "FILE");
  option("--minilm", arguments->minilm, "Text encoder (UPDRAFT_MINILM, else the one that comes with updraft)", "FILE");
  option("--queries", arguments->queries, "Queries that updraft writes for each intent, 1-16 (8)", "N");
  option("--threads", arguments->threads, "Threads; 0: one a core (0)", "N");
  app->add_flag("-j,--json", arguments->json, "Print one JSON object");
  option("-o,--out", arguments->out, "Write the JSON object to this file as well", "FILE");
  app->footer(
      "Examples:\n"
      "  updraft eval search /usr/share/openclipart/svg\n"
      "  updraft eval search products.csv --queries 4 --out search.json\n"
      "docs/quality.md tells what is asked and what counts as found.");
  return {app, [arguments] { return finish(run(*arguments)); }};
}

}  // namespace updraft::cli
