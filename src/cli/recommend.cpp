// updraft recommend: what goes with a text, with a picture, with assets, or with what somebody did.
#include <CLI/CLI.hpp>
#include <memory>
#include <nlohmann/json.hpp>
#include <optional>

#include "api/json.h"
#include "catalogue/events.h"
#include "cli/arguments.h"
#include "cli/feedback_store.h"
#include "cli/inputs.h"
#include "cli/look_up.h"
#include "cli/model_path.h"
#include "cli/outcome.h"
#include "cli/recommendations.h"
#include "cli/seen.h"
#include "cli/subcommand.h"
#include "cli/terminal.h"
#include "files/mapping.h"
#include "files/replacement.h"

namespace updraft::cli {
namespace {

struct Arguments {
  std::string text;
  PictureArguments picture;
  std::string catalogue = "catalogue";
  std::vector<std::string> like;
  std::string events;
  std::string related = "0";
  std::vector<std::string> filters;
  std::string limit = "20";
  std::string lambda = "0.6";
  std::string popularity = "0.2";
  std::string feedback;
  std::string appeal = "0.5";
  std::string model;
  std::string encoder;
  std::string pair;
  std::string threads = "0";
  std::string html;
  bool json = false;
};

struct Request {
  RecommendOptions options;
  int related = 0;
  int threads = 0;
  bool all_good = true;  // no line of the events was refused
};

// Tells the lines that are no events.
Result<std::vector<Event>> read_events(const std::string& path, bool& all_good) {
  const auto file = files::Mapping::open(path);
  if (!file) return tl::unexpected(file.error());
  auto events = catalogue::parse_events(file->text(), [&](const Refusal& refusal) {
    all_good = false;
    (void)report(
        {ErrorCode::invalid_argument, path + ": line " + std::to_string(refusal.line) + ": " + refusal.reason});
  });
  if (!events) return fail(events.error().code, path + ": " + events.error().message);
  return events;
}

Result<Request> read(const Arguments& typed) {
  const auto related = read_integer("--related", typed.related, 0, max_queries);
  if (!related) return tl::unexpected(related.error());
  const auto limit = read_integer("--limit", typed.limit, 1, max_hits);
  if (!limit) return tl::unexpected(limit.error());
  const auto lambda = read_number("--lambda", typed.lambda, 0, 1);
  if (!lambda) return tl::unexpected(lambda.error());
  const auto popularity = read_number("--popularity", typed.popularity, 0, 1);
  if (!popularity) return tl::unexpected(popularity.error());
  const auto appeal = read_number("--appeal", typed.appeal, 0, 1);
  if (!appeal) return tl::unexpected(appeal.error());
  const auto threads = read_threads(typed.threads);
  if (!threads) return tl::unexpected(threads.error());
  auto filters = read_filters(typed.filters);
  if (!filters) return tl::unexpected(filters.error());
  const bool says_nothing = typed.text.empty() && typed.picture.image.empty();
  if (says_nothing && typed.like.empty() && typed.events.empty()) {
    return fail(ErrorCode::invalid_argument,
                "nothing to go by; say what is wanted, show a picture (--image), or name assets (--like) or a file of "
                "events (--events)");
  }
  if (*related > 0 && says_nothing) {
    return fail(ErrorCode::invalid_argument, "--related needs a text or a picture that the ideas are related to");
  }
  Request request{.options = {.text = typed.text, .like = typed.like, .filters = *std::move(filters), .limit = *limit},
                  .related = static_cast<int>(*related),
                  .threads = *threads};
  request.options.lambda = static_cast<double>(*lambda);
  request.options.popularity = static_cast<double>(*popularity);
  request.options.appeal = static_cast<double>(*appeal);
  return request;
}

// What people made of the assets.
Result<std::shared_ptr<const Appeals>> read_appeals(const std::string& place) {
  const auto store = open_existing_store(place);
  if (!store) return tl::unexpected(store.error());
  auto appeals = store->appeals();
  if (!appeals) return tl::unexpected(appeals.error());
  return std::make_shared<const Appeals>(*std::move(appeals));
}

Result<> recommend(const Arguments& arguments, Request& request) {
  if (!arguments.events.empty()) {
    auto events = read_events(arguments.events, request.all_good);
    if (!events) return tl::unexpected(events.error());
    request.options.events = *std::move(events);
  }
  if (!arguments.feedback.empty()) {
    auto appeals = read_appeals(arguments.feedback);
    if (!appeals) return tl::unexpected(appeals.error());
    request.options.appeals = *std::move(appeals);
  }
  const std::filesystem::path encoder = text_encoder_path(arguments.encoder);
  const PairFiles pair = pair_files(arguments.pair);
  const auto catalogue =
      Catalogue::open(arguments.catalogue, {.text_encoder = encoder, .pair = pair, .threads = request.threads});
  if (!catalogue) return tl::unexpected(catalogue.error());
  const auto seen = look_only(arguments.picture, request.threads, pair);
  if (!seen) return tl::unexpected(seen.error());
  if (*seen) {
    if (request.options.text.empty()) request.options.text = search_text(**seen);
    if (!(*seen)->point.empty()) request.options.points = {(*seen)->point};
  }
  if (request.related > 0) {
    auto loaded = Suggester::load(model_path(arguments.model), {.threads = request.threads, .text_encoder = encoder});
    if (!loaded)
      return fail(loaded.error().code, loaded.error().message + "; --model or UPDRAFT_MODEL name another one");
    auto ideas = write_queries(std::optional(std::move(*loaded)), Task::related, request.related, request.options.text);
    if (!ideas) return tl::unexpected(ideas.error());
    request.options.queries = *std::move(ideas);
  }
  auto answer = catalogue->recommend(request.options);
  if (!answer) return tl::unexpected(answer.error());
  const Recommended recommended = api::recommended(*catalogue, std::move(request.options), *std::move(answer));
  if (!arguments.html.empty()) {
    if (auto done = files::replace(arguments.html, to_html(contact_sheet(recommended))); !done) return done;
  }
  if (arguments.json) return print(api::json_line(api::with_seen(*seen, api::to_json(recommended))));
  const Terminal terminal = Terminal::of(stdout);
  return print(seen_line(*seen, terminal) + to_text(recommended, terminal));
}

int run(const Arguments& arguments) {
  auto request = read(arguments);
  if (!request) return report(request.error());
  const auto done = recommend(arguments, *request);
  if (!done) return report(done.error());
  return request->all_good ? success : user_error;
}

}  // namespace

Subcommand add_recommend(CLI::App& program) {
  CLI::App* app =
      program.add_subcommand("recommend", "Recommend assets of a catalogue that go with others, a text or a picture");
  auto arguments = std::make_shared<Arguments>();
  app->add_option("TEXT", arguments->text, "What is wanted, in a few words")->type_name("");
  const auto option = typed_options(*app);
  add_picture_options(*app, arguments->picture);
  option("-c,--catalogue", arguments->catalogue,
         "Directory of the catalogue (catalogue), or weaviate://HOST:PORT,.../NAME", "FILE");
  app->add_option("-l,--like", arguments->like, "More like this asset, and not the same; can be repeated")
      ->type_name("ID")
      ->allow_extra_args(false);
  option("-e,--events", arguments->events, "What somebody did, as JSON Lines (below)", "FILE");
  option("--related", arguments->related, "Look for so many of updraft's ideas that go with TEXT as well, 0-16 (0)",
         "N");
  add_filter_option(*app, arguments->filters);
  option("-n,--limit", arguments->limit, "How many, 1-200 (20)", "N");
  option("--lambda", arguments->lambda, "From 0, the most diverse, to 1, the nearest (0.6)", "X");
  option("--popularity", arguments->popularity,
         "How much more the most popular asset counts than an unknown one, 0-1 (0.2)", "X");
  option("--feedback", arguments->feedback,
         "What people did with assets counts as well: a store as of updraft serve, a file or postgresql://...", "FILE");
  option("--appeal", arguments->appeal,
         "How much more counts what they all want than what none of them does, with --feedback, 0-1 (0.5)", "X");
  app->add_flag("-j,--json", arguments->json, "Print one JSON object");
  option("--html", arguments->html, "Write a page with the pictures to this file", "FILE");
  option("-m,--model", arguments->model,
         "What writes related ideas (UPDRAFT_MODEL, else the one that comes with updraft)", "FILE");
  add_encoder_option(*app, arguments->encoder);
  add_pair_option(*app, arguments->pair);
  option("--threads", arguments->threads, "Threads; 0: one a core (0)", "N");
  app->footer(
      "Examples:\n"
      "  updraft recommend --like holiday/tree.svg --like holiday/gift.svg --catalogue pictures.catalogue\n"
      "  updraft recommend \"birthday party\" --related 6 --catalogue pictures.catalogue --html party.html\n"
      "  updraft recommend --image photo.jpg --catalogue pictures.catalogue\n"
      "  updraft recommend --image photo.jpg --catalogue photos.catalogue --pair clip/\n"
      "  updraft recommend --events session.jsonl --catalogue shop --filter stock=true -n 8 --json\n"
      "  updraft recommend --like 4711 --catalogue shop --feedback feedback.sqlite --appeal 0.8\n"
      "A line of events is {\"asset\": ID, \"event\": \"view\", \"time\": 1764151200}: view, click, like, buy or "
      "dismiss; the\n"
      "time in seconds or as 2025-11-26T10:00:00Z, or left out where the lines are in order. Newer events count more; "
      "what\n"
      "is like a dismissed asset counts less.");
  return {app, [arguments] { return run(*arguments); }};
}

}  // namespace updraft::cli
