// updraft search: what a catalogue holds for a few words.
#include <CLI/CLI.hpp>
#include <memory>
#include <nlohmann/json.hpp>
#include <optional>

#include "api/json.h"
#include "api/requests.h"
#include "cli/answer.h"
#include "cli/arguments.h"
#include "cli/hits.h"
#include "cli/inputs.h"
#include "cli/look_up.h"
#include "cli/model_path.h"
#include "cli/outcome.h"
#include "cli/seen.h"
#include "cli/subcommand.h"
#include "cli/terminal.h"
#include "files/replacement.h"
#include "updraft/catalogue.h"
#include "updraft/intent.h"
#include "updraft/suggest.h"

namespace updraft::cli {
namespace {

struct Arguments {
  std::string text;
  PictureArguments picture;
  std::string catalogue = "catalogue";
  std::string queries;
  std::vector<std::string> filters;
  std::string limit = "20";
  std::string offset = "0";
  std::string cursor;
  std::string lambda = "0.8";
  std::string model;
  std::string encoder;
  std::string pair;
  std::string threads = "0";
  std::string html;
  bool verbatim = false;
  bool facets = false;
  bool explain = false;
  bool json = false;
};

struct Request {
  SearchOptions options;
  int queries = 0;
  int threads = 0;
};

// Without a model, and where nobody asks for either, a search goes by what was typed alone.
Result<int> read_queries(const Arguments& typed) {
  if (typed.queries.empty()) {
    std::error_code code;
    const bool can_write = !typed.model.empty() || std::filesystem::exists(model_path({}), code);
    return can_write ? api::written_queries : 0;
  }
  const auto queries = read_integer("--queries", typed.queries, 0, max_queries);
  if (!queries) return tl::unexpected(queries.error());
  return static_cast<int>(*queries);
}

Result<Request> read(const Arguments& typed) {
  const auto queries = read_queries(typed);
  if (!queries) return tl::unexpected(queries.error());
  const auto limit = read_integer("--limit", typed.limit, 1, max_hits);
  if (!limit) return tl::unexpected(limit.error());
  const auto offset = read_integer("--offset", typed.offset, 0, max_hits);
  if (!offset) return tl::unexpected(offset.error());
  const auto lambda = read_number("--lambda", typed.lambda, 0, 1);
  if (!lambda) return tl::unexpected(lambda.error());
  const auto threads = read_threads(typed.threads);
  if (!threads) return tl::unexpected(threads.error());
  Request request;
  request.queries = *queries;
  request.threads = *threads;
  request.options.limit = *limit;
  request.options.offset = *offset;
  request.options.cursor = typed.cursor;
  request.options.lambda = static_cast<double>(*lambda);
  request.options.facets = typed.facets;
  auto filters = read_filters(typed.filters);
  if (!filters) return tl::unexpected(filters.error());
  request.options.filters = *std::move(filters);
  return request;
}

// What tells what is meant, and writes queries for it.
struct Writer {
  std::optional<Suggester> suggester = {};
  std::optional<IntentDetector> detector = {};  // none: what is wanted is taken as it stands
};

Result<Writer> load_writer(const Arguments& arguments, const Request& request, const std::filesystem::path& encoder) {
  Writer writer;
  if (request.queries == 0) return writer;
  const auto model = Model::load(model_path(arguments.model), request.threads);
  if (!model) return tl::unexpected(model.error());
  auto suggester = Suggester::with(*model, {.threads = request.threads, .text_encoder = encoder});
  if (!suggester) return tl::unexpected(suggester.error());
  writer.suggester.emplace(*std::move(suggester));
  if (arguments.verbatim) return writer;
  // A model that was not trained to understand takes everything as it was typed.
  if (auto detector = IntentDetector::with(*model); detector) writer.detector.emplace(*std::move(detector));
  return writer;
}

Result<> search(const Arguments& arguments, const Catalogue& catalogue, const Writer& writer,
                const std::optional<Seen>& seen, const Request& request, std::string_view typed, bool first) {
  const std::string text = seen && typed.empty() ? search_text(*seen) : std::string(typed);
  const auto wanted = wanted_of(seen, typed, writer.detector);
  if (!wanted) return tl::unexpected(wanted.error());
  auto written = write_queries(writer.suggester, Task::query, request.queries, wanted->intent());
  if (!written) return tl::unexpected(written.error());
  SearchOptions options = request.options;
  options.queries = api::queries_beside(text, wanted->understood, *std::move(written));
  if (seen && !seen->point.empty()) options.points = {seen->point};
  auto answer = catalogue.search(text, options);
  if (!answer) return tl::unexpected(answer.error());
  const Searched searched{.text = text,
                          .understood = wanted->understood,
                          .queries = options.queries,
                          .offset = api::offset_of(options),
                          .explain = arguments.explain,
                          .answer = std::move(*answer)};
  if (!arguments.html.empty()) {
    if (auto done = files::replace(arguments.html, to_html(contact_sheet(searched))); !done) return done;
  }
  if (arguments.json) return print(api::json_line(api::with_seen(seen, api::to_json(searched))));
  const Terminal terminal = Terminal::of(stdout);
  return print((first ? "" : "\n") + seen_line(seen, terminal) + to_text(searched, terminal));
}

int run(const Arguments& arguments) {
  const auto request = read(arguments);
  if (!request) return report(request.error());
  const InputRules rules{"text", max_utterance_bytes, "say what is wanted, e.g. \"holiday sale\""};
  const bool only_shown = arguments.text.empty() && !arguments.picture.image.empty();
  if (const auto good = check_inputs(arguments.text, rules); !good && !only_shown) return report(good.error());
  if (arguments.text == "-" && !arguments.html.empty()) {
    return report({ErrorCode::invalid_argument, "--html is a page for one text"});
  }
  const std::filesystem::path encoder = text_encoder_path(arguments.encoder);
  const PairFiles pair = pair_files(arguments.pair);
  const auto catalogue =
      Catalogue::open(arguments.catalogue, {.text_encoder = encoder, .pair = pair, .threads = request->threads});
  if (!catalogue) return report(catalogue.error());
  const auto writer = load_writer(arguments, *request, encoder);
  if (!writer) return report_model(writer.error());
  const auto seen = look_only(arguments.picture, request->threads, pair);
  if (!seen) return report(seen.error());
  return answer_inputs(arguments.text, rules, [&](std::string_view text, bool first) {
    return search(arguments, *catalogue, *writer, *seen, *request, text, first);
  });
}

}  // namespace

Subcommand add_search(CLI::App& program) {
  CLI::App* app = program.add_subcommand("search", "Search a catalogue by words and by meaning");
  auto arguments = std::make_shared<Arguments>();
  app->add_option("TEXT", arguments->text, "What is wanted, in a few words; - reads one a line from stdin")
      ->type_name("");
  const auto option = typed_options(*app);
  add_picture_options(*app, arguments->picture);
  option("-c,--catalogue", arguments->catalogue,
         "Directory of the catalogue (catalogue), or weaviate://HOST:PORT,.../NAME", "FILE");
  option("--queries", arguments->queries,
         "Search for so many queries of updraft's own as well, 0-16 (8; 0 where there is no model)", "N");
  app->add_flag("--verbatim", arguments->verbatim,
                "Write them for what was typed as it stands; do not ask the model what is meant");
  add_filter_option(*app, arguments->filters);
  app->add_flag("--facets", arguments->facets, "Count the values of all fields among the hits");
  option("-n,--limit", arguments->limit, "Hits a page, 1-200 (20)", "N");
  option("--offset", arguments->offset, "Hits to pass over, 0-200 (0)", "N");
  option("--cursor", arguments->cursor, "The next page, as the one before names it", "CURSOR");
  option("--lambda", arguments->lambda, "From 0, the most diverse, to 1, the most relevant (0.8)", "X");
  app->add_flag("--explain", arguments->explain, "Tell which query and which index brought each hit, and at what rank");
  app->add_flag("-j,--json", arguments->json, "Print one JSON object");
  option("--html", arguments->html, "Write a page with the pictures of the hits to this file", "FILE");
  option("-m,--model", arguments->model, "What writes queries (UPDRAFT_MODEL, else the one that comes with updraft)",
         "FILE");
  add_encoder_option(*app, arguments->encoder);
  add_pair_option(*app, arguments->pair);
  option("--threads", arguments->threads, "Threads; 0: one a core (0)", "N");
  app->footer(
      "Examples:\n"
      "  updraft search \"holiday sale\" --catalogue pictures.catalogue\n"
      "  updraft search \"holiday sale\" --catalogue shop --queries 0 --filter colour=red --facets --explain\n"
      "  updraft search \"birthday cake\" --catalogue pictures.catalogue --html hits.html\n"
      "  updraft search --image photo.jpg --catalogue pictures.catalogue\n"
      "  updraft search \"a dog in the snow\" --catalogue photos.catalogue --pair clip/\n"
      "  updraft search - --catalogue shop --json < searches.txt > hits.jsonl");
  return {app, [arguments] { return run(*arguments); }};
}

}  // namespace updraft::cli
