// updraft feedback: what people did with suggestions, into a store, out of it, and made into what training learns from.
#include <CLI/CLI.hpp>
#include <memory>
#include <nlohmann/json.hpp>

#include "api/json.h"
#include "cli/arguments.h"
#include "cli/feedback_store.h"
#include "cli/outcome.h"
#include "cli/subcommand.h"
#include "cli/terminal.h"
#include "feedback/event_json.h"
#include "feedback/parts.h"
#include "feedback/returns.h"
#include "files/mapping.h"
#include "files/replacement.h"
#include "text/time.h"
#include "updraft/feedback.h"

namespace updraft::cli {
namespace {

constexpr const char* event_lines =
    "A line of events is {\"id\": ID, \"kind\": \"click\", \"user\": U, \"session\": S, \"intent\": \"holiday sale\",\n"
    "\"task\": \"query\", \"prompt\": \"red sale banner\", \"position\": 0, \"words\": 3, \"return\": 9,\n"
    "\"at\": \"2025-11-26T10:00:00Z\"}; kinds are impression, click, like, insert and dismiss. With \"asset\", the id "
    "of what\n"
    "the prompt found, an event is of that asset, and so is its position. user, session, asset and at may be left "
    "out.\n"
    "A line that is none is told with its number, and the rest goes on (exit code 2).";
constexpr std::size_t shown_refusals = 20;  // the rest is counted

// As typed.
struct Arguments {
  std::string place;
  std::string file;
  std::string since;
  std::string min_impressions = "5";
  std::string user;
  std::string out;
  bool json = false;
};

// "2025-11-26", or with a time of day; nothing: the beginning.
Result<FeedbackTime> read_since(const std::string& typed) {
  if (typed.empty()) return FeedbackTime();
  const auto seconds = text::parse_time(typed.find_first_of("T ") == std::string::npos ? typed + "T00:00:00Z" : typed);
  if (!seconds || *seconds < 0) {
    return fail(
        ErrorCode::invalid_argument,
        "--since must be a day or a time from 1970 on, like 2025-11-26 or 2025-11-26T10:00:00Z, not " + quote(typed));
  }
  return FeedbackTime(std::chrono::milliseconds(static_cast<std::int64_t>(*seconds * 1000)));
}

void say(const std::string& line) { std::fprintf(stderr, "updraft: %s\n", printable(line).c_str()); }

Result<> write_returns(const Arguments& typed) {
  const auto since = read_since(typed.since);
  if (!since) return tl::unexpected(since.error());
  const auto least = read_integer("--min-impressions", typed.min_impressions, 1, 1'000'000'000);
  if (!least) return tl::unexpected(least.error());
  const auto store = open_existing_store(typed.place);
  if (!store) return tl::unexpected(store.error());
  feedback::Tally tally;
  const auto read = store->each(
      [&](const FeedbackEvent& event) {
        tally.add(event);
        return true;
      },
      *since);
  if (!read) return read;
  const feedback::Judgement judgement = tally.judge({.min_showings = *least});
  std::string lines;
  for (const feedback::JudgedPrompt& prompt : judgement.prompts) lines += feedback::to_line(prompt) + '\n';
  if (auto done = typed.out.empty() ? print(lines) : files::replace(typed.out, lines); !done) return done;
  std::string looks;
  for (const double look : judgement.looks) looks += ' ' + number(look, 2);
  say(std::to_string(judgement.prompts.size()) + " prompts of " + std::to_string(judgement.showings) + " showings; " +
      std::to_string(judgement.too_little) + " with too little evidence; looked at, by position:" + looks);
  return {};
}

Result<> erase(const Arguments& typed) {
  auto store = open_existing_store(typed.place);
  if (!store) return tl::unexpected(store.error());
  const auto deleted = store->delete_user(typed.user);
  if (!deleted) return tl::unexpected(deleted.error());
  return print(std::to_string(*deleted) + " events deleted\n");
}

std::string told(const FeedbackStats& stats, const std::string& place) {
  std::string out = printable(place) + '\n';
  for (std::size_t kind = 0; kind < feedback_kind_count; ++kind) {
    out += left(std::string(name(static_cast<FeedbackKind>(kind))), 12) + std::to_string(stats.events[kind]) + '\n';
  }
  out += std::to_string(stats.prompts) + " prompts for " + std::to_string(stats.intents) + " intents, seen by " +
         std::to_string(stats.users) + " users that are known\n";
  if (stats.last != FeedbackTime()) {
    out += "from " + text::to_time(stats.first.time_since_epoch().count()) + " to " +
           text::to_time(stats.last.time_since_epoch().count()) + '\n';
  }
  return out;
}

std::string to_json(const FeedbackStats& stats) {
  nlohmann::ordered_json object;
  for (std::size_t kind = 0; kind < feedback_kind_count; ++kind) {
    object[std::string(name(static_cast<FeedbackKind>(kind)))] = stats.events[kind];
  }
  object["users"] = stats.users;
  object["intents"] = stats.intents;
  object["prompts"] = stats.prompts;
  object["first"] = text::to_time(stats.first.time_since_epoch().count());
  object["last"] = text::to_time(stats.last.time_since_epoch().count());
  return api::json_line(object);
}

Result<> count(const Arguments& typed) {
  const auto store = open_existing_store(typed.place);
  if (!store) return tl::unexpected(store.error());
  const auto stats = store->stats();
  if (!stats) return tl::unexpected(stats.error());
  return print(typed.json ? to_json(*stats) : told(*stats, store->place()));
}

// Events, kept in parts: what was kept before a failure is known when the same file comes again.
int take_in(const Arguments& typed) {
  const auto file = files::Mapping::open(typed.file);
  if (!file) return report(file.error());
  auto store = FeedbackStore::open(typed.place);
  if (!store) return report(store.error());
  std::size_t refused = 0;
  feedback::Parts parts(*store);
  auto done = feedback::read_events(
      file->text(), [&](const FeedbackEvent& event) { return parts.add(std::span(&event, 1)); },
      [&](std::size_t line, const std::string& reason) {
        if (++refused <= shown_refusals) say(typed.file + ": line " + std::to_string(line) + ": " + reason);
      });
  if (done) done = parts.flush();
  if (refused > shown_refusals) say("and " + std::to_string(refused - shown_refusals) + " more");
  if (!done) return report(done.error());
  const FeedbackStored& all = parts.all();
  std::string summary = std::to_string(all.stored) + " events stored, " + std::to_string(all.known) + " known already";
  if (refused > 0) summary += "; " + std::to_string(refused) + " refused";
  if (auto printed = print(summary + '\n'); !printed) return report(printed.error());
  return refused == 0 ? success : user_error;
}

}  // namespace

Subcommand add_feedback(CLI::App& program) {
  CLI::App* app = program.add_subcommand("feedback", "What people did with suggestions, for training to learn from");
  app->require_subcommand(1);
  auto arguments = std::make_shared<Arguments>();
  const auto add = [&](const char* name, const char* about) { return app->add_subcommand(name, about); };
  const auto place = [&](CLI::App* command, const char* option, const char* about) {
    typed_options (*command)(option, arguments->place, about, "FILE");
    command->get_option(option)->required();
  };
  constexpr const char* store = "The store: a file, or postgresql://user@host/database";

  CLI::App* export_app = add("export", "Make returns of what people did: lines that updraft train distil learns from");
  place(export_app, "--from", store);
  const auto option = typed_options(*export_app);
  option("-o,--out", arguments->out, "Write to this file, at once as a whole (standard output)", "FILE");
  option("--since", arguments->since, "Only what was done from this time on: 2025-11-26, or 2025-11-26T10:00:00Z", "T");
  option("--min-impressions", arguments->min_impressions, "Only prompts that were shown so often (5)", "N");
  export_app->footer(
      "Examples:\n"
      "  updraft feedback export --from feedback.sqlite --out feedback.jsonl\n"
      "  updraft feedback export --from postgresql://ann@db.example/updraft --since 2025-11-01 > feedback.jsonl\n"
      "A line is {\"intent\": I, \"task\": \"query\", \"words\": 3, \"return\": 7, \"prompt\": P}: returns from 0, "
      "what\n"
      "nobody wants, over 5, as good as what is shown on average, to 9. updraft train distil --feedback learns from "
      "them.");

  CLI::App* delete_app = add("delete", "Delete all events of a user, for good");
  place(delete_app, "--from", store);
  typed_options (*delete_app)("--user", arguments->user, "Whose events", "USER");
  delete_app->get_option("--user")->required();
  delete_app->footer(
      "Examples:\n"
      "  updraft feedback delete --from feedback.sqlite --user 4711\n"
      "  updraft feedback delete --from postgresql://ann@db.example/updraft --user 4711\n"
      "In a file their bytes are overwritten. What was exported or learnt before stays.");

  CLI::App* import_app = add("import", "Store events from JSON Lines; what is known already is passed over");
  import_app->add_option("EVENTS", arguments->file, "One event a line, as POST /v1/feedback takes them (below)")
      ->required()
      ->type_name("FILE");
  place(import_app, "--to", "The store: a file, which is made when it is missing, or postgresql://user@host/database");
  import_app->footer(
      std::string("Examples:\n"
                  "  updraft feedback import events.jsonl --to feedback.sqlite\n"
                  "  PGPASSWORD=... updraft feedback import events.jsonl --to postgresql://ann@db.example/updraft\n") +
      event_lines);

  CLI::App* stats_app = add("stats", "Count what a store holds");
  place(stats_app, "--from", store);
  stats_app->add_flag("-j,--json", arguments->json, "Print one JSON object");
  stats_app->footer(
      "Examples:\n"
      "  updraft feedback stats --from feedback.sqlite\n"
      "  updraft feedback stats --from postgresql://ann@db.example/updraft --json");

  app->footer(
      "Examples (more with updraft feedback import --help, and so on):\n"
      "  updraft feedback import events.jsonl --to feedback.sqlite\n"
      "  updraft feedback stats --from feedback.sqlite\n"
      "  updraft feedback export --from postgresql://ann@db.example/updraft --since 2025-11-01 --out feedback.jsonl\n"
      "  updraft feedback delete --from feedback.sqlite --user 4711\n"
      "A password comes better from PGPASSWORD or ~/.pgpass than from the command line.");
  return {app, [=] {
            if (export_app->parsed()) return finish(write_returns(*arguments));
            if (delete_app->parsed()) return finish(erase(*arguments));
            if (import_app->parsed()) return take_in(*arguments);
            return finish(count(*arguments));
          }};
}

}  // namespace updraft::cli
