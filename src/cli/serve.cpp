// updraft serve: the HTTP API and the studio.
#include <sys/resource.h>
#include <unistd.h>

#include <CLI/CLI.hpp>
#include <atomic>
#include <csignal>
#include <cstdlib>
#include <memory>
#include <nlohmann/json.hpp>
#include <thread>

#include "cli/arguments.h"
#include "cli/indexing.h"
#include "cli/model_path.h"
#include "cli/outcome.h"
#include "cli/subcommand.h"
#include "cli/terminal.h"
#include "server/log.h"
#include "server/service.h"
#include "updraft/catalogue.h"

namespace updraft::cli {
namespace {

namespace fs = std::filesystem;

struct Arguments {
  std::string host = "127.0.0.1";
  std::string port = "8417";
  std::string catalogue;
  std::string feedback;
  std::string feedback_seconds = "60";
  std::string keys;
  std::string new_key;
  std::vector<std::string> cors;
  std::string studio;
  std::string queue = "64";
  std::string cache_mb = "64";
  std::string cache_seconds = "600";
  std::string request_seconds = "30";
  std::string threads = "0";
  std::string model;
  std::string encoder;
  std::string image_encoder;
  std::string pair;
  bool demo = false;
  bool log_texts = false;
  bool quiet = false;
};

struct Settings {
  server::ServiceOptions service;
  server::ListenOptions listen;
};

bool is_loopback(const std::string& host) { return host == "localhost" || host == "::1" || host.starts_with("127."); }

Result<Settings> read(const Arguments& typed) {
  const auto port = read_integer("--port", typed.port, 0, UINT16_MAX);
  if (!port) return tl::unexpected(port.error());
  const auto queue = read_integer("--queue", typed.queue, 1, 10'000);
  if (!queue) return tl::unexpected(queue.error());
  const auto cache_mb = read_integer("--cache-mb", typed.cache_mb, 0, 65'536);
  if (!cache_mb) return tl::unexpected(cache_mb.error());
  const auto cache_seconds = read_integer("--cache-seconds", typed.cache_seconds, 0, 31'536'000);
  if (!cache_seconds) return tl::unexpected(cache_seconds.error());
  const auto request_seconds = read_integer("--request-seconds", typed.request_seconds, 1, 86'400);
  if (!request_seconds) return tl::unexpected(request_seconds.error());
  const auto feedback_seconds = read_integer("--feedback-seconds", typed.feedback_seconds, 1, 86'400);
  if (!feedback_seconds) return tl::unexpected(feedback_seconds.error());
  const auto threads = read_threads(typed.threads);
  if (!threads) return tl::unexpected(threads.error());
  Settings settings;
  server::ServiceOptions& service = settings.service;
  service.weights.model = model_path(typed.model);
  service.weights.text_encoder = text_encoder_path(typed.encoder);
  service.weights.threads = *threads;
  // One thread: the others decode. What is written takes half a second to read, too long for who waits in a queue.
  service.pictures = {.image_encoder = image_encoder_path(typed.image_encoder),
                      .tags = {},
                      .pair = pair_files(typed.pair),
                      .threads = 1,
                      .read_text = false};
  service.decoder.active = static_cast<std::size_t>(service.weights.decodings);
  service.decoder.queue = *queue;
  service.decoder.cache_bytes = *cache_mb << 20U;
  service.decoder.cache_age = std::chrono::seconds(*cache_seconds);
  service.decoder.time_limit = std::chrono::seconds(*request_seconds);
  service.catalogue = typed.catalogue;
  service.feedback = typed.feedback;
  service.feedback_interval = std::chrono::seconds(*feedback_seconds);
  service.keys = typed.keys;
  service.cors = typed.cors;
  service.loopback = is_loopback(typed.host);
  service.log_texts = typed.log_texts;
  service.studio = typed.studio;
  if (std::error_code ignored; service.studio.empty() && fs::is_directory(studio_path(), ignored))
    service.studio = studio_path();
  settings.listen.host = typed.host;
  settings.listen.port = static_cast<std::uint16_t>(*port);
  return settings;
}

void say(const std::string& text) {
  const std::string line = "updraft: " + printable(text) + '\n';
  std::fwrite(line.data(), 1, line.size(), stderr);
}

fs::path cache_folder() {
  if (const char* cache = std::getenv("XDG_CACHE_HOME"); cache != nullptr && *cache == '/')
    return fs::path(cache) / "updraft";
  if (const char* home = std::getenv("HOME"); home != nullptr && *home == '/') return fs::path(home) / ".cache/updraft";
  return source_tree() / ".cache";
}

// What the demonstration shows: openclipart's drawings, or the folder that the environment's UPDRAFT_DEMO names.
fs::path demo_pictures() {
  const char* folder = std::getenv("UPDRAFT_DEMO");
  return folder != nullptr && *folder != '\0' ? folder : "/usr/share/openclipart/svg";
}

// The catalogue of these, in line with them: made on the first call, or what is missing of it.
Result<fs::path> demo_catalogue(const server::ServiceOptions& service, bool quiet) {
  const fs::path pictures = demo_pictures();
  IndexOptions options;
  options.text_encoder = service.weights.text_encoder;
  // By their titles and tags: to draw and look at them takes twenty times as long, minutes in which nothing is served.
  options.threads = service.weights.threads;
  // Without an encoder the points of the other one would be lost.
  const fs::path catalogue =
      cache_folder() / (options.text_encoder.empty() ? "openclipart-words.catalogue" : "openclipart.catalogue");
  std::error_code code;
  if (!fs::is_directory(pictures, code)) {
    return fail(ErrorCode::not_found, pictures.string() +
                                          ": no such folder; the demonstration needs Debian's package openclipart-svg, "
                                          "which ./updraft serve --demo installs");
  }
  fs::create_directories(catalogue.parent_path(), code);
  if (!quiet) say("indexing the demonstration's pictures: some 20 seconds the first time, a moment later on");
  if (const auto done = index_aloud(pictures, catalogue, std::move(options), quiet); !done) {
    return tl::unexpected(done.error());
  }
  return catalogue;
}

// As many connections as the system allows.
std::size_t raise_file_limit() {
  rlimit limit{};
  if (::getrlimit(RLIMIT_NOFILE, &limit) != 0) return 1024;
  limit.rlim_cur = limit.rlim_max;
  (void)::setrlimit(RLIMIT_NOFILE, &limit);
  (void)::getrlimit(RLIMIT_NOFILE, &limit);
  return limit.rlim_cur;
}

Result<> serve(Settings settings) {
  constexpr std::size_t own_files = 128;
  settings.listen.max_connections = std::clamp<std::size_t>(raise_file_limit(), 2 * own_files, 65'536) - own_files;
  auto service = server::Service::start(settings.service);
  if (!service) return tl::unexpected(service.error());

  std::unique_ptr<server::Listener> listener;
  std::thread draining;
  server::Listener::Hooks hooks;
  hooks.handle = [&](const std::shared_ptr<server::Exchange>& exchange) { (*service)->handle(exchange); };
  hooks.on_finished = [&](const server::Finished& finished) { (*service)->finished(finished); };
  hooks.on_connections = [&](std::size_t open) { (*service)->connections(open); };
  hooks.on_signal = [&](int signal) {
    if (signal == SIGHUP) {
      (*service)->reload([](const Result<>& done) {
        server::log(done ? server::Level::info : server::Level::error, "reload",
                    {{"message", done ? "the new weights are in use" : done.error().message}});
      });
      return;
    }
    if (draining.joinable()) std::_Exit(128 + signal);  // the second one
    server::log(server::Level::info, "draining", nlohmann::ordered_json::object());
    listener->drain();
    draining = std::thread([&] {
      (*service)->drain(settings.service.decoder.time_limit);  // none takes longer
      std::this_thread::sleep_for(std::chrono::seconds(1));    // for the last answers to be sent
      listener->stop();
    });
  };
  auto opened = server::Listener::open(settings.listen, std::move(hooks));
  if (!opened) return tl::unexpected(opened.error());
  listener = *std::move(opened);
  listener->catch_signals({SIGTERM, SIGINT, SIGHUP});
  const std::string host =
      settings.listen.host.find(':') == std::string::npos ? settings.listen.host : '[' + settings.listen.host + ']';
  auto told = print("http://" + host + ":" + std::to_string(listener->port()) + "/\n");
  if (told) listener->run();
  if (draining.joinable()) draining.join();
  listener.reset();
  return told;
}

int run(const Arguments& arguments) {
  if (!arguments.new_key.empty()) {
    if (arguments.keys.empty())
      return report({ErrorCode::invalid_argument, "--new-key needs --keys FILE, where its hash is kept"});
    const auto key = server::Keys::add(arguments.keys, arguments.new_key);
    if (!key) return report(key.error());
    say("this key is shown once; only its hash is kept");
    return finish(print(*key + '\n'));
  }
  auto settings = read(arguments);
  if (!settings) return report(settings.error());
  if (!settings->service.loopback && arguments.keys.empty()) {
    say("anybody who reaches " + arguments.host + " may ask; --keys FILE asks for keys");
  }
  if (arguments.quiet) server::log_from(server::Level::warning);
  if (arguments.demo && arguments.catalogue.empty() && !arguments.pair.empty()) {
    return report(
        {ErrorCode::invalid_argument, "--demo serves a catalogue of updraft's own encoders; --pair needs --catalogue"});
  }
  if (arguments.demo && arguments.catalogue.empty()) {
    auto catalogue = demo_catalogue(settings->service, arguments.quiet);
    if (!catalogue) return report(catalogue.error());
    settings->service.catalogue = *std::move(catalogue);
    if (arguments.feedback.empty()) settings->service.feedback = (cache_folder() / "demo-feedback.sqlite").string();
  }
  return finish(serve(*std::move(settings)));
}

}  // namespace

Subcommand add_serve(CLI::App& program) {
  CLI::App* app = program.add_subcommand("serve", "Serve the HTTP API and the studio");
  auto arguments = std::make_shared<Arguments>();
  const auto option = typed_options(*app);
  option("--host", arguments->host,
         "Address to listen on; other than this machine's own: anybody may ask, see --keys (127.0.0.1)", "HOST");
  option("-p,--port", arguments->port, "Port; 0: any that is free (8417)", "N");
  option("-c,--catalogue", arguments->catalogue,
         "A catalogue to search and recommend from: a directory, or weaviate://HOST:PORT,.../Collection", "FILE");
  option("--feedback", arguments->feedback, "Keep what people do with suggestions: a file, or postgresql://...",
         "FILE");
  option("--feedback-seconds", arguments->feedback_seconds,
         "How often recommendations take in what people do with assets, 1-86400 (60)", "N");
  option("--keys", arguments->keys, "Ask for keys whose hashes are in this file", "FILE");
  option("--new-key", arguments->new_key, "Make a key of this name for --keys, print it once, and end", "NAME");
  app->add_option("--cors", arguments->cors,
                  "Pages of this origin may ask, such as https://shop.example; * for all; can be repeated")
      ->type_name("ORIGIN")
      ->allow_extra_args(false);
  option("--studio", arguments->studio, "Folder of the studio (web/dist)", "FILE");
  option("--queue", arguments->queue, "Requests that wait; more are told to come back, 1-10000 (64)", "N");
  option("--cache-mb", arguments->cache_mb, "Size of the cache for intents and suggestions; 0: none (64)", "N");
  option("--cache-seconds", arguments->cache_seconds, "Age of what it holds at most (600)", "N");
  option("--request-seconds", arguments->request_seconds, "A request that takes longer is given up (30)", "N");
  option("-m,--model", arguments->model, "Model file (UPDRAFT_MODEL, else the one that comes with updraft)", "FILE");
  option("--encoder", arguments->encoder,
         "Text encoder (UPDRAFT_MINILM, else the one that comes with updraft); none: likelihood alone", "FILE");
  option("--image-encoder", arguments->image_encoder,
         "What looks at pictures (UPDRAFT_IMAGE_ENCODER, else the one that comes with updraft, where there is one)",
         "FILE");
  option(
      "--pair", arguments->pair,
      "A pair of encoders of your own in ONNX, such as a CLIP: the folder with its pair.json (docs/pictures.md); the "
      "one that the catalogue was indexed with",
      "FOLDER");
  option("--threads", arguments->threads, "Threads that decode; 0: one a core (0)", "N");
  app->add_flag("--demo", arguments->demo, "Serve a catalogue of openclipart's drawings, made on the first call");
  app->add_flag("--log-texts", arguments->log_texts, "Log what people type, too");
  app->add_flag("-q,--quiet", arguments->quiet, "Log warnings and errors alone");
  app->footer(
      "Examples:\n"
      "  updraft serve --demo\n"
      "  updraft serve --catalogue shop.catalogue --feedback shop-feedback.sqlite\n"
      "  updraft serve --catalogue photos.catalogue --pair clip/\n"
      "  updraft serve --keys keys.txt --new-key shop\n"
      "  updraft serve --host 0.0.0.0 --keys keys.txt --cors https://shop.example\n"
      "SIGTERM lets requests end, then ends; a second one ends at once. SIGHUP reads weights, what looks at pictures, "
      "keys\n"
      "and the studio again.\n"
      "docs/api.md and /openapi.json tell the API.");
  return {app, [arguments] { return run(*arguments); }};
}

}  // namespace updraft::cli
