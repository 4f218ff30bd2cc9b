#include "server/service.h"

#include <algorithm>
#include <cmath>
#include <nlohmann/json.hpp>

#include "api/json.h"
#include "api/media_type.h"
#include "api/recommended.h"
#include "api/searched.h"
#include "corpus/hash.h"
#include "files/mapping.h"
#include "intent/shown.h"
#include "server/event_stream.h"
#include "server/failure.h"
#include "server/log.h"
#include "server/openai.h"
#include "server/openapi.h"
#include "server/router.h"

namespace updraft::server {
namespace {

using nlohmann::ordered_json;

constexpr std::size_t max_picture_file = std::size_t{32} << 20;
constexpr std::size_t max_sessions = 10'000;
constexpr std::size_t max_session_name = 64;
constexpr std::size_t max_waiting_work = 256;
constexpr std::size_t max_waiting_pictures = 16;  // of some MB each
constexpr std::size_t max_user_characters = 64;
constexpr std::string_view svg_policy = "default-src 'none'; style-src 'unsafe-inline'; img-src data:; sandbox";
constexpr std::string_view api_policy = "default-src 'none'; frame-ancestors 'none'";

using Clock = std::chrono::steady_clock;

double milliseconds_since(Clock::time_point start) {
  return std::chrono::duration<double, std::milli>(Clock::now() - start).count();
}

std::string hex(std::uint64_t value) {
  constexpr std::string_view digits = "0123456789abcdef";
  std::string text;
  for (int shift = 60; shift >= 0; shift -= 4) text += digits[value >> static_cast<unsigned>(shift) & 15U];
  return text;
}

// The same suggestion for the same intent has the same id.
ordered_json identified(const Suggestion& suggestion, std::string_view intent) {
  const std::uint64_t id = corpus::hash(suggestion.text, corpus::hash(name(suggestion.task), corpus::hash(intent)));
  ordered_json json = {{"id", hex(id)}};
  json.update(api::to_json(suggestion));
  return json;
}

ordered_json identified(const Suggestions& answer, std::string_view intent) {
  ordered_json list = ordered_json::array();
  for (const Suggestion& one : answer.items) list.push_back(identified(one, intent));
  return list;
}

std::int64_t unix_time() {
  return std::chrono::duration_cast<std::chrono::seconds>(std::chrono::system_clock::now().time_since_epoch()).count();
}

// "localhost:8417" as "localhost"
std::string_view host_name(std::string_view host) {
  if (host.starts_with('[')) return host.substr(0, host.find(']') + 1);
  return host.substr(0, host.find(':'));
}

bool is_loopback_name(std::string_view host) {
  const std::string_view name = host_name(host);
  return name == "localhost" || name == "[::1]" || name.starts_with("127.") || name.ends_with(".localhost");
}

Response no_such_model() { return failure(404, "there is no such model; /v1/models tells which there are"); }

bool changes_something(std::string_view method) { return method != "GET" && method != "HEAD" && method != "OPTIONS"; }

// The intent that a person's corrections make: what the facets say and its text does not, stands behind it.
void say_facets(Intent& intent) {
  for (const Facet& facet : intent.facets) {
    if (facet.name == "format" || facet.name == "subject" || facet.name == "occasion") continue;  // words of the intent
    if (facet.name == "size" || facet.name == "date" || facet.name == "price")
      continue;  // prompts do not speak of them
    const std::string words = (facet.name == "without" ? "no " : facet.name == "audience" ? "for " : "") + facet.value;
    if (intent.text.find(facet.value) == std::string::npos &&
        intent.text.size() + words.size() + 2 < max_intent_bytes) {
      intent.text += ", " + words;
    }
  }
}

// The wish of whoever shows a picture beside what is typed.
Wish with_picture(Wish wish, const Seen& seen) {
  const std::string words = std::move(wish.text);
  wish.otherwise = described(seen, words);
  wish.text = wish.raw ? wish.otherwise : utterance_of(seen, words);
  wish.certainty = intent::sight_confidence(seen);
  return wish;
}

constexpr std::string_view too_many_wait = "too many requests are waiting; try again later";

}  // namespace

// ---- What waits ----

// A request that a newer one of its session may end.
class Service::Pending {
 public:
  Pending(Service& service, std::shared_ptr<Exchange> exchange) : service_(service), exchange_(std::move(exchange)) {}
  virtual ~Pending() = default;
  Pending(const Pending&) = delete;
  Pending& operator=(const Pending&) = delete;

  void supersede() {
    superseded_ = true;
    give_up();
    service_.metrics_.superseded.Increment();
    fail_with(409, "a newer request of this session took its place");
  }
  [[nodiscard]] bool is_superseded() const { return superseded_; }
  // Where its answer has begun already; send_busy() else.
  void refuse() {
    service_.metrics_.shed.Increment();
    fail_with(429, too_many_wait);
  }

  // What is on the picture that was shown, before it goes on.
  void saw(Seen seen) { seen_ = std::move(seen); }
  [[nodiscard]] const std::optional<Seen>& seen() const { return seen_; }

 protected:
  virtual void give_up() {}
  virtual void fail_with(int status, std::string_view message) { service_.send(*exchange_, failure(status, message)); }

  // What was understood, as it is told.
  [[nodiscard]] ordered_json told(std::string_view text, const Intent& understood) const {
    return api::with_seen(seen_, api::to_json(text, seen_ ? with_seen(understood, *seen_, text) : understood));
  }

  Service& service_;
  const std::shared_ptr<Exchange> exchange_;

 private:
  std::atomic<bool> superseded_ = false;
  std::optional<Seen> seen_;
};

// A request that decodes.
class Service::Waiting : public Watcher, public Pending {
 public:
  using Pending::Pending;

  void attach(const std::shared_ptr<Ticket>& ticket) {
    const std::scoped_lock lock(mutex_);
    ticket_ = ticket;
    if (is_superseded()) ticket->cancel();
  }
  void done(const Result<Outcome>& outcome) override {
    if (outcome) {
      answer(*outcome);
    } else if (outcome.error().code == ErrorCode::cancelled) {
      fail_with(503, outcome.error().message);
    } else {
      fail_with(outcome.error());
    }
  }
  // Once it has a place: a stream begins.
  virtual void accepted() {}

 protected:
  virtual void answer(const Outcome& outcome) = 0;
  using Pending::fail_with;
  virtual void fail_with(const Error& error) { service_.send_error(*exchange_, error); }

 private:
  void give_up() override {
    const std::scoped_lock lock(mutex_);
    if (const auto ticket = ticket_.lock()) ticket->cancel();
  }

  std::mutex mutex_;
  std::weak_ptr<Ticket> ticket_;
};

class Service::Understanding final : public Waiting {
 public:
  Understanding(Service& service, std::shared_ptr<Exchange> exchange, std::string text)
      : Waiting(service, std::move(exchange)), text_(std::move(text)) {}

 private:
  void answer(const Outcome& outcome) override { service_.send(*exchange_, told(text_, *outcome.understood)); }

  const std::string text_;
};

class Service::Suggesting final : public Waiting {
 public:
  Suggesting(Service& service, std::shared_ptr<Exchange> exchange, std::string text, bool stream)
      : Waiting(service, std::move(exchange)), text_(std::move(text)), stream_(stream) {}

  [[nodiscard]] bool wants_texts() const override { return stream_; }
  void accepted() override {
    if (stream_) begin();
  }
  void understood(const Outcome& so_far) override {
    event("understood", [&] { return told(text_, *so_far.understood); });
  }
  void text(Task task, std::size_t index, std::string_view text) override {
    event("text", [&] { return ordered_json{{"task", name(task)}, {"index", index}, {"text", text}}; });
  }
  void suggestions(Task task, const Outcome& so_far, const Suggestions& of_task) override {
    event("suggestions", [&] {
      return ordered_json{{"task", name(task)}, {"suggestions", identified(of_task, so_far.intent)}};
    });
  }

 private:
  void begin() {
    std::call_once(begun_, [&] { service_.begin_events(*exchange_); });
  }
  template <class Data>
  void event(std::string_view name, const Data& data) {
    if (!stream_) return;
    begin();
    exchange_->write(event_text(name, data()));
  }

  void answer(const Outcome& outcome) override {
    const Written& written = *outcome.written;
    std::size_t count = 0;
    for (const Suggestions& answer : written.answers) count += answer.items.size();
    service_.metrics_.suggest_requests.add(milliseconds_since(since_), count);
    Timings timings = written.answers.front().timings;
    if (outcome.cached)
      timings = {
          .load_ms = timings.load_ms, .total_ms = milliseconds_since(since_), .peak_rss_mb = timings.peak_rss_mb};
    ordered_json about = {
        {"candidates", written.candidates}, {"cached", outcome.cached}, {"timings", api::to_json(timings)}};
    if (stream_) {
      ordered_json done = {{"intent", outcome.intent}};
      done.update(about);
      event("done", [&] { return done; });
      exchange_->end_stream();
      return;
    }
    ordered_json list = ordered_json::array();
    for (const Suggestions& answer : written.answers) {
      for (const Suggestion& one : answer.items) list.push_back(identified(one, outcome.intent));
    }
    ordered_json json = {{"intent", outcome.intent},
                         {"understood", outcome.understood ? told(text_, *outcome.understood) : ordered_json()},
                         {"suggestions", std::move(list)}};
    json.update(about);
    service_.send(*exchange_, json);
  }
  void fail_with(int status, std::string_view message) override {
    if (!stream_) return Waiting::fail_with(status, message);
    begin();
    exchange_->write("event: error\ndata: " + failure_json(status, message) + "\n");
    exchange_->end_stream();
  }
  void fail_with(const Error& error) override {
    if (!stream_) return Waiting::fail_with(error);
    begin();
    exchange_->write("event: error\ndata: " + failure_json(error) + "\n");
    exchange_->end_stream();
  }

  const std::string text_;
  const bool stream_;
  const Clock::time_point since_ = Clock::now();
  std::once_flag begun_;
};

// A search, for which the model may tell first what is meant, and write queries.
class Service::Searching final : public Waiting, public std::enable_shared_from_this<Searching> {
 public:
  Searching(Service& service, Call call, api::SearchRequest request)
      : Waiting(service, call.exchange), call_(std::move(call)), request_(std::move(request)) {}

  // With what was seen, by now.
  void go_on() {
    if (typed_.empty()) request_.text = search_text(*seen());
    if (!request_.write_queries) return search();
    SuggestOptions options;
    options.n = api::written_queries;
    // However many wait, the next page is one of the same queries.
    Wish wish{.text = typed_, .raw = request_.raw, .tasks = {options}, .fewer_candidates = false};
    service_.decode(call_, seen() ? with_picture(std::move(wish), *seen()) : std::move(wish), shared_from_this());
  }

 private:
  void answer(const Outcome& outcome) override {
    if (outcome.understood) {
      understood_ = seen() ? with_seen(*outcome.understood, *seen(), typed_) : *outcome.understood;
    }
    std::vector<std::string> written;
    for (const Suggestion& query : outcome.written->answers.front().items) written.push_back(query.text);
    request_.options.queries = api::queries_beside(request_.text, understood_, std::move(written));
    search();
  }
  // One that waits for a worker can be superseded; a search itself takes milliseconds.
  void search() {
    service_.work(call_, [self = shared_from_this()] {
      if (!self->is_superseded()) self->search_now();
    });
  }
  void search_now() {
    request_.options.points = service_.points_of(seen());
    auto answer = service_.catalogue_->search(request_.text, request_.options);
    if (!answer) return service_.send_error(*exchange_, answer.error());
    std::erase_if(answer->facets, [&](const FacetCount& count) {
      return std::find(request_.facets.begin(), request_.facets.end(), count.name) == request_.facets.end();
    });
    service_.send(*exchange_,
                  api::with_seen(seen(), api::to_json(api::Searched{.text = request_.text,
                                                                    .understood = understood_,
                                                                    .queries = request_.options.queries,
                                                                    .offset = api::offset_of(request_.options),
                                                                    .explain = request_.explain,
                                                                    .answer = *std::move(answer)})));
  }

  const Call call_;
  api::SearchRequest request_;
  const std::string typed_ = request_.text;  // without what is seen
  std::optional<Intent> understood_ = {};
};

// One prompt of a completion; they share what becomes the answer.
class Service::Completing final : public Waiting {
 public:
  struct Answer {
    std::mutex mutex;
    std::string id;
    std::int64_t created = unix_time();
    std::vector<std::vector<Choice>> choices;  // by prompt
    std::size_t open = 0;                      // prompts
    Usage usage;
    bool failed = false;
  };
  Completing(Service& service, std::shared_ptr<Exchange> exchange,
             std::shared_ptr<const api::CompletionRequest> request, std::shared_ptr<Answer> answer, std::size_t prompt)
      : Waiting(service, std::move(exchange)),
        request_(std::move(request)),
        answer_(std::move(answer)),
        prompt_(prompt) {}

 private:
  void answer(const Outcome& outcome) override {
    const auto weights = service_.decoder_->weights();
    const Suggestions& written = outcome.written->answers.front();
    const auto n = static_cast<std::size_t>(request_->options.n);
    std::vector<Choice> choices;
    Usage usage{.prompt_tokens =
                    static_cast<int>(weights->engine->tokenizer.encode(request_->prompts[prompt_]).size())};
    for (std::size_t i = 0; i < written.items.size(); ++i) {
      choices.push_back(to_choice(written.items[i].text, prompt_ * n + i, *request_, weights->engine->tokenizer));
      usage.completion_tokens += static_cast<int>(weights->engine->tokenizer.encode(choices.back().text).size());
    }
    const std::scoped_lock lock(answer_->mutex);
    if (answer_->failed) return;
    const bool last = --answer_->open == 0;
    answer_->usage.prompt_tokens += usage.prompt_tokens;
    answer_->usage.completion_tokens += usage.completion_tokens;
    if (request_->stream) {
      for (const Choice& choice : choices) {
        exchange_->write(event_text("", completion_json(answer_->id, answer_->created, {choice}, nullptr)));
      }
      if (last) {
        if (request_->include_usage)
          exchange_->write(event_text("", completion_json(answer_->id, answer_->created, {}, &answer_->usage)));
        exchange_->write("data: [DONE]\n\n");
        exchange_->end_stream();
      }
      return;
    }
    answer_->choices[prompt_] = std::move(choices);
    if (!last) return;
    std::vector<Choice> all;
    for (auto& of_prompt : answer_->choices) std::move(of_prompt.begin(), of_prompt.end(), std::back_inserter(all));
    service_.send(*exchange_, completion_json(answer_->id, answer_->created, all, &answer_->usage));
  }
  void fail_with(int status, std::string_view message) override {
    const std::scoped_lock lock(answer_->mutex);
    if (std::exchange(answer_->failed, true)) return;
    if (!request_->stream) return Waiting::fail_with(status, message);
    exchange_->write("data: " + failure_json(status, message) + "\n");
    exchange_->end_stream();
  }
  void fail_with(const Error& error) override { fail_with(status_of(error), error.message); }

  const std::shared_ptr<const api::CompletionRequest> request_;
  const std::shared_ptr<Answer> answer_;
  const std::size_t prompt_;
};

// ---- Start and end ----

Result<std::unique_ptr<Service>> Service::start(const ServiceOptions& options) {
  std::unique_ptr<Service> service(new Service(options));
  if (auto done = service->read_again(); !done) return tl::unexpected(done.error());
  auto weights = Weights::load(options.weights);
  if (!weights) return tl::unexpected(weights.error());
  if (!options.catalogue.empty()) {
    auto catalogue = Catalogue::open(
        options.catalogue, {.text_encoder = options.weights.text_encoder, .pair = options.pictures.pair, .threads = 1});
    if (!catalogue) return tl::unexpected(catalogue.error());
    service->catalogue_.emplace(*std::move(catalogue));
  }
  if (!options.feedback.empty()) {
    auto store = FeedbackStore::open(options.feedback);
    if (!store) return tl::unexpected(store.error());
    service->feedback_.emplace(*std::move(store));
    if (service->catalogue_) service->appeals_.emplace(*service->feedback_, options.feedback_interval);
  }
  service->decoder_ = std::make_unique<Decoder>(*std::move(weights), options.decoder, service->metrics_);
  service->workers_ = std::make_unique<Workers>(options.workers, max_waiting_work);
  service->looker_ = std::make_unique<Workers>(1, max_waiting_pictures);
  service->ready_ = true;
  service->metrics_.ready.Set(1);
  return service;
}

// The looker hands on to the decoder and the workers, and who waits for the decoder to the workers. What those do may
// ask the decoder, which has stopped by then but is still there.
Service::~Service() {
  looker_.reset();
  if (decoder_) decoder_->stop();
  workers_.reset();
}

// Keys, the studio, and what looks at pictures.
Result<> Service::read_again() {
  std::shared_ptr<const Keys> keys;
  if (!options_.keys.empty()) {
    auto loaded = Keys::load(options_.keys);
    if (!loaded) return tl::unexpected(loaded.error());
    keys = std::make_shared<const Keys>(*std::move(loaded));
  }
  auto studio = std::make_shared<const Studio>();
  if (!options_.studio.empty()) {
    auto loaded = Studio::load(options_.studio);
    if (!loaded) return tl::unexpected(loaded.error());
    studio = std::make_shared<const Studio>(*std::move(loaded));
  }
  std::shared_ptr<const PictureReader> reader;
  if (!options_.pictures.image_encoder.empty()) {
    auto loaded = PictureReader::load(options_.pictures);
    if (!loaded) return tl::unexpected(loaded.error());
    reader = std::make_shared<const PictureReader>(*std::move(loaded));
  }
  const std::scoped_lock lock(mutex_);
  keys_ = std::move(keys);
  studio_ = std::move(studio);
  reader_ = std::move(reader);
  return {};
}

void Service::reload(const std::function<void(const Result<>&)>& then) {
  const bool taken = workers_->post([this, then] {
    if (auto done = read_again(); !done) return then(done);
    auto weights = Weights::load(options_.weights);
    if (!weights) return then(tl::unexpected(weights.error()));
    decoder_->use(*std::move(weights));
    {
      const std::scoped_lock lock(encoder_mutex_);
      encoder_.reset();
    }
    metrics_.reloads.Increment();
    then({});
  });
  if (!taken) then(fail(ErrorCode::io, "too much is waiting; try again later"));
}

void Service::drain(std::chrono::milliseconds at_most) {
  {
    const std::scoped_lock lock(mutex_);
    ready_ = false;
  }
  metrics_.ready.Set(0);
  const auto end = Clock::now() + at_most;
  looker_->drain(at_most);
  decoder_->drain(std::chrono::ceil<std::chrono::milliseconds>(end - Clock::now()));
}

void Service::connections(std::size_t open) { metrics_.connections.Set(static_cast<double>(open)); }

void Service::finished(const Finished& request) {
  metrics_.request(request.route.empty() ? "none" : request.route, request.status, request.seconds);
  if (request.status == 499) metrics_.gone.Increment();
  log(request.status >= 500 ? Level::warning : Level::info, "request",
      {{"id", request.request.id},
       {"method", request.request.method},
       {"route", request.route},
       {"status", request.status},
       {"ms", api::rounded(request.seconds * 1e3)},
       {"bytes", request.bytes}});
}

void Service::log_text(const Call& call, std::string_view text) const {
  if (options_.log_texts) log(Level::info, "text", {{"id", call.request().id}, {"text", text}});
}

// ---- Answers ----

Response Service::finish(Response response, const Request& request) const {
  const auto has = [&](std::string_view name) {
    return std::any_of(response.headers.begin(), response.headers.end(),
                       [&](const auto& header) { return header.first == name; });
  };
  const auto add = [&](const char* name, std::string_view value) {
    if (!has(name)) response.headers.emplace_back(name, value);
  };
  add("Cache-Control", "no-store");
  add("Content-Security-Policy", api_policy);
  add("X-Content-Type-Options", "nosniff");
  add("X-Frame-Options", "DENY");
  add("Referrer-Policy", "no-referrer");
  add("X-Request-Id", request.id);
  if (response.status == 401) add("WWW-Authenticate", "Bearer");
  const std::string_view origin = request.header("origin");
  if (!options_.cors.empty()) add("Vary", "Origin");
  if (!origin.empty() && origin_may(origin)) {
    add("Access-Control-Allow-Origin", origin);
    add("Access-Control-Expose-Headers", "Retry-After, X-Request-Id");
  }
  return response;
}

void Service::send(Exchange& exchange, Response response) const {
  exchange.answer(finish(std::move(response), exchange.request()));
}

void Service::send(Exchange& exchange, const ordered_json& value) const {
  send(exchange, Response{.body = api::json_line(value)});
}

void Service::send_error(Exchange& exchange, const Error& error) const {
  const int status = status_of(error);
  if (status >= 500) {
    log(Level::error, "failure",
        {{"id", exchange.request().id}, {"route", exchange.route()}, {"message", error.message}});
  }
  Response response = failure(error);
  if (status == 503) response.headers.emplace_back("Retry-After", "1");
  send(exchange, std::move(response));
}

void Service::begin_events(Exchange& exchange) const {
  exchange.begin_stream(
      finish({.type = std::string(event_stream_type), .body = "", .headers = {{"X-Accel-Buffering", "no"}}},
             exchange.request()));
}

void Service::send_busy(Exchange& exchange) const {
  const auto load = decoder_->load();
  const double wait =
      load.seconds_a_wish * static_cast<double>(load.queued) / std::max<double>(1, static_cast<double>(load.active));
  const long seconds = std::clamp(std::lround(std::ceil(wait)), 1L, 30L);
  Response response = failure(429, too_many_wait);
  metrics_.shed.Increment();
  response.headers.emplace_back("Retry-After", std::to_string(seconds));
  send(exchange, std::move(response));
}

// ---- Routing ----

const std::vector<Service::Route>& Service::routes() {
  static const std::vector<Route> routes = {
      {"POST", "/v1/intent", &Service::intent},
      {"POST", "/v1/suggest", &Service::suggest},
      {"POST", "/v1/search", &Service::search},
      {"POST", "/v1/recommend", &Service::recommend},
      {"GET", "/v1/assets/{id}/picture", &Service::picture},
      {"GET", "/v1/assets/{id}", &Service::asset},
      {"GET", "/v1/assets", &Service::assets},
      {"POST", "/v1/feedback", &Service::feedback},
      {"DELETE", "/v1/users/{user}/events", &Service::forget},
      {"GET", "/v1/models", &Service::models},
      {"GET", "/v1/models/{id}", &Service::model},
      {"POST", "/v1/completions", &Service::completions},
      {"POST", "/v1/embeddings", &Service::embeddings},
      {"GET", "/v1/status", &Service::status},
      {"POST", "/v1/reload", &Service::reload},
      {"GET", "/openapi.json", &Service::document, true},
      {"GET", "/health/live", &Service::live, true},
      {"GET", "/health/ready", &Service::is_ready, true},
      {"GET", "/metrics", &Service::metrics_text},
  };
  return routes;
}

bool Service::origin_may(std::string_view origin) const {
  return std::any_of(options_.cors.begin(), options_.cors.end(),
                     [&](const std::string& one) { return one == "*" || one == origin; });
}

// Why a request is not answered; nullopt: it is.
std::optional<Response> Service::refuse(const Request& request, const Route& route) const {
  std::shared_ptr<const Keys> keys;
  {
    const std::scoped_lock lock(mutex_);
    keys = keys_;
  }
  const std::string_view host = request.header("host");
  // A page of another name that has this machine's address (DNS rebinding).
  if (options_.loopback && keys == nullptr && !host.empty() && !is_loopback_name(host)) {
    return failure(403, "this server answers to localhost alone; configure keys to use another name");
  }
  const std::string_view origin = request.header("origin");
  const std::size_t scheme = origin.find("://");
  const bool same = scheme != std::string_view::npos && origin.substr(scheme + 3) == host;
  if (changes_something(request.method) && !origin.empty() && !same && !origin_may(origin)) {
    return failure(403, "pages of this origin may not ask; allow it with --cors");
  }
  if (keys != nullptr && !route.open) {
    constexpr std::string_view scheme_name = "Bearer ";
    const std::string_view given = request.header("authorization");
    if (!given.starts_with(scheme_name) || !keys->name_of(given.substr(scheme_name.size()))) {
      return failure(401, "a key is needed: Authorization: Bearer KEY");
    }
  }
  return std::nullopt;
}

void Service::handle(const std::shared_ptr<Exchange>& exchange) {
  const Request& request = exchange->request();
  const std::string_view method = request.method == "HEAD" ? std::string_view("GET") : std::string_view(request.method);
  try {
    std::string allowed;
    for (const Route& route : routes()) {
      auto name = match(route.path, request.path);
      if (!name) continue;
      exchange->set_route(std::string(route.path));
      if (method != route.method) {
        allowed = route.method;
        continue;
      }
      if (auto refused = refuse(request, route)) return send(*exchange, *std::move(refused));
      return (this->*route.answer)({exchange, *std::move(name)});
    }
    if (method == "OPTIONS" && !allowed.empty()) {
      const std::string_view origin = request.header("origin");
      if (origin.empty() || !origin_may(origin))
        return send(*exchange, failure(403, "pages of this origin may not ask; allow it with --cors"));
      return send(*exchange,
                  {.status = 204,
                   .type = "",
                   .body = "",
                   .headers = {{"Access-Control-Allow-Methods", allowed},
                               {"Access-Control-Allow-Headers", "Authorization, Content-Type, X-Updraft-Session"},
                               {"Access-Control-Max-Age", "600"}}});
    }
    if (!allowed.empty()) {
      Response response = failure(405, "this path takes " + allowed + " alone");
      response.headers.emplace_back("Allow", allowed == "GET" ? "GET, HEAD" : allowed);
      return send(*exchange, std::move(response));
    }
    if (auto refused = refuse(request, {"GET", "", nullptr, true})) return send(*exchange, *std::move(refused));
    if (method == "GET") return page({exchange, ""});
    send(*exchange, failure(404, "there is nothing here; /openapi.json tells what is"));
  } catch (const std::exception& error) {  // out of memory, most likely
    log(Level::error, "failure", {{"id", request.id}, {"route", exchange->route()}, {"message", error.what()}});
    send(*exchange, failure(500, "the server failed; its log tells more"));
  }
}

void Service::work(const Call& call, std::function<void()> what) { work(*workers_, call, std::move(what)); }

void Service::work(Workers& by, const Call& call, std::function<void()> what) {
  const bool taken = by.post([this, exchange = call.exchange, what = std::move(what)] {
    try {
      what();
    } catch (const std::exception& error) {
      log(Level::error, "failure",
          {{"id", exchange->request().id}, {"route", exchange->route()}, {"message", error.what()}});
      send(*exchange, failure(500, "the server failed; its log tells more"));
    }
  });
  if (!taken) send_busy(*call.exchange);
}

bool Service::enter_session(const Call& call, const std::shared_ptr<Pending>& pending) {
  const auto& headers = call.request().headers;
  const auto found = std::find_if(headers.begin(), headers.end(),
                                  [](const auto& header) { return header.first == "x-updraft-session"; });
  if (found == headers.end()) return true;
  const std::string_view session = found->second;
  const bool is_name =
      !session.empty() && session.size() <= max_session_name && std::all_of(session.begin(), session.end(), [](char c) {
        return (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') || (c >= '0' && c <= '9') || c == '-' || c == '_';
      });
  if (!is_name) {
    send(*call.exchange, failure(422, "X-Updraft-Session is 1 to 64 letters, digits, - and _"));
    return false;
  }
  std::shared_ptr<Pending> older;
  {
    const std::scoped_lock lock(mutex_);
    if (sessions_.size() >= max_sessions)
      std::erase_if(sessions_, [](const auto& entry) { return entry.second.expired(); });
    auto& entry = sessions_[call.request().path + ' ' + std::string(session)];
    older = entry.lock();
    entry = pending;
  }
  if (older) older->supersede();
  return true;
}

void Service::look(const Call& call, std::string picture, const std::shared_ptr<Pending>& pending,
                   std::function<void()> then) {
  std::shared_ptr<const PictureReader> reader;
  {
    const std::scoped_lock lock(mutex_);
    reader = reader_;
  }
  if (!reader) {
    return send(*call.exchange,
                failure(503, "nothing looks at pictures here; start the server with --image-encoder FILE"));
  }
  const auto is_gone = std::make_shared<std::atomic<bool>>(false);
  call.exchange->when_gone([is_gone] { *is_gone = true; });
  work(*looker_, call, [this, call, pending, reader, is_gone, picture = std::move(picture), then = std::move(then)] {
    if (*is_gone || pending->is_superseded()) return;
    auto seen = reader->read(std::as_bytes(std::span(picture)));
    if (!seen && seen.error().code == ErrorCode::io) return send_error(*call.exchange, seen.error());
    if (!seen) return send(*call.exchange, failure(422, seen.error().message));
    metrics_.look_seconds.Observe(seen->look_ms / 1e3);
    pending->saw(*std::move(seen));
    then();
  });
}

void Service::decode(const Call& call, Wish wish, const std::shared_ptr<Waiting>& waiting) {
  const auto ticket = decoder_->submit(std::move(wish), waiting);
  if (!ticket) return send_busy(*call.exchange);
  waiting->accepted();
  waiting->attach(ticket);
  call.exchange->when_gone([ticket] { ticket->cancel(); });
}

// ---- Routes ----

void Service::intent(const Call& call) {
  auto request = api::read_intent(call.request().body);
  if (!request) return send(*call.exchange, refusal(request.error()));
  log_text(call, request->text);
  const auto understanding = std::make_shared<Understanding>(*this, call.exchange, request->text);
  if (!enter_session(call, understanding)) return;
  Wish wish{.text = std::move(request->text)};
  if (!request->picture) return decode(call, std::move(wish), understanding);
  look(call, *std::move(request->picture), understanding, [this, call, understanding, wish = std::move(wish)] {
    decode(call, with_picture(wish, *understanding->seen()), understanding);
  });
}

void Service::suggest(const Call& call) {
  auto request = api::read_suggest(call.request().body);
  if (!request) return send(*call.exchange, refusal(request.error()));
  log_text(call, request->text);
  const bool stream = request->stream || call.request().header("accept").starts_with(event_stream_type);
  const auto suggesting = std::make_shared<Suggesting>(*this, call.exchange, request->text, stream);
  if (!enter_session(call, suggesting)) return;
  if (request->understood) say_facets(*request->understood);
  Wish wish{.text = std::move(request->text),
            .understood = std::move(request->understood),
            .raw = request->raw,
            .tasks = std::move(request->tasks),
            .fewer_candidates = !request->candidates_given};
  // What the person corrected was seen before.
  if (!request->picture || wish.understood) return decode(call, std::move(wish), suggesting);
  look(call, *std::move(request->picture), suggesting, [this, call, suggesting, wish = std::move(wish)] {
    decode(call, with_picture(wish, *suggesting->seen()), suggesting);
  });
}

void Service::search(const Call& call) {
  auto request = api::read_search(call.request().body);
  if (!request) return send(*call.exchange, refusal(request.error()));
  if (!catalogue_)
    return send(*call.exchange, failure(503, "there is no catalogue; start the server with --catalogue"));
  log_text(call, request->text);
  auto picture = std::exchange(request->picture, std::nullopt);
  const auto searching = std::make_shared<Searching>(*this, call, *std::move(request));
  if (!enter_session(call, searching)) return;
  if (!picture) return searching->go_on();
  look(call, *std::move(picture), searching, [searching] { searching->go_on(); });
}

std::vector<std::vector<float>> Service::points_of(const std::optional<Seen>& seen) const {
  if (!seen || seen->point.empty()) return {};
  const auto dimension = catalogue_->dimension();
  if (!dimension || static_cast<std::size_t>(*dimension) != seen->point.size()) return {};
  return {seen->point};
}

void Service::recommend(const Call& call) {
  auto request = api::read_recommend(call.request().body);
  if (!request) return send(*call.exchange, refusal(request.error()));
  if (!catalogue_)
    return send(*call.exchange, failure(503, "there is no catalogue; start the server with --catalogue"));
  log_text(call, request->options.text);
  const auto pending = std::make_shared<Pending>(*this, call.exchange);
  const auto go_on = [this, call, pending, options = std::move(request->options)] {
    work(call, [this, call, pending, asked = options]() mutable {
      const std::optional<Seen>& seen = pending->seen();
      if (seen && asked.text.empty()) asked.text = search_text(*seen);
      asked.points = points_of(seen);
      if (appeals_) asked.appeals = appeals_->newest();
      auto answer = catalogue_->recommend(asked);
      if (!answer) return send_error(*call.exchange, answer.error());
      send(*call.exchange,
           api::with_seen(seen, api::to_json(api::recommended(*catalogue_, std::move(asked), *std::move(answer)))));
    });
  };
  if (!request->picture) return go_on();
  look(call, *std::move(request->picture), pending, go_on);
}

void Service::asset(const Call& call) {
  if (!catalogue_)
    return send(*call.exchange, failure(503, "there is no catalogue; start the server with --catalogue"));
  work(call, [this, call] {
    const auto asset = catalogue_->asset(call.name);
    if (!asset) return send_error(*call.exchange, asset.error());
    send(*call.exchange, api::to_json(*asset));
  });
}

void Service::assets(const Call& call) {
  if (!catalogue_)
    return send(*call.exchange, failure(503, "there is no catalogue; start the server with --catalogue"));
  auto ids = query_values(call.request().query, "id");
  const auto is_one = [](const std::string& id) { return !id.empty() && id.size() <= max_id_bytes; };
  if (!ids || ids->empty() || ids->size() > api::max_page || !std::all_of(ids->begin(), ids->end(), is_one)) {
    return send(*call.exchange, failure(422, "1 to " + std::to_string(api::max_page) +
                                                 " ids are wanted, and nothing else: /v1/assets?id=A&id=B"));
  }
  work(call, [this, call, ids = *std::move(ids)] {
    const auto found = catalogue_->assets(ids);
    if (!found) return send_error(*call.exchange, found.error());
    ordered_json list = ordered_json::array();
    for (const Asset& asset : *found) list.push_back(api::to_json(asset));
    send(*call.exchange, {{"assets", std::move(list)}});
  });
}

void Service::picture(const Call& call) {
  if (!catalogue_)
    return send(*call.exchange, failure(503, "there is no catalogue; start the server with --catalogue"));
  work(call, [this, call] {
    const auto asset = catalogue_->asset(call.name);
    if (!asset) return send_error(*call.exchange, asset.error());
    if (api::is_on_the_web(asset->url)) {
      return send(*call.exchange, {.status = 302, .type = "", .body = "", .headers = {{"Location", asset->url}}});
    }
    const std::string type = api::media_type(asset->url);
    std::error_code code;
    const bool is_file = !type.empty() && std::filesystem::is_regular_file(asset->url, code) &&
                         std::filesystem::file_size(asset->url, code) <= max_picture_file && !code;
    const auto file = is_file ? files::Mapping::open(asset->url) : fail(ErrorCode::not_found, "");
    if (!file) return send(*call.exchange, failure(404, "this asset has no picture that can be shown"));
    const std::string tag = '"' + hex(corpus::hash(file->text())) + '"';
    Response response{.type = type, .body = "", .headers = {{"ETag", tag}, {"Cache-Control", "private, max-age=3600"}}};
    response.headers.emplace_back("Content-Security-Policy", svg_policy);
    if (call.request().header("if-none-match").find(tag) != std::string_view::npos) {
      response.status = 304;
    } else {
      response.body = file->text();
    }
    send(*call.exchange, std::move(response));
  });
}

void Service::feedback(const Call& call) {
  auto events = api::read_feedback(call.request().body);
  if (!events) return send(*call.exchange, refusal(events.error()));
  if (!feedback_) return send(*call.exchange, failure(503, "feedback is not kept; start the server with --feedback"));
  work(call, [this, call, events = *std::move(events)] {
    const auto stored = feedback_->add(events);
    if (!stored) return send_error(*call.exchange, stored.error());
    metrics_.feedback_events.Increment(static_cast<double>(stored->stored));
    send(*call.exchange, {{"stored", stored->stored}, {"known", stored->known}});
  });
}

void Service::forget(const Call& call) {
  if (call.name.size() > 4 * max_user_characters)
    return send(*call.exchange, failure(422, "the user's name is too long"));
  if (!feedback_) return send(*call.exchange, failure(503, "feedback is not kept; start the server with --feedback"));
  work(call, [this, call] {
    const auto deleted = feedback_->delete_user(call.name);
    if (!deleted) return send_error(*call.exchange, deleted.error());
    send(*call.exchange, {{"deleted", *deleted}});
  });
}

std::int64_t Service::created() const {
  return unix_time() - std::chrono::duration_cast<std::chrono::seconds>(Clock::now() - begun_).count();
}

void Service::models(const Call& call) {
  send(*call.exchange, models_json(created(), !options_.weights.text_encoder.empty()));
}

void Service::model(const Call& call) {
  const auto names = model_names(!options_.weights.text_encoder.empty());
  if (std::find(names.begin(), names.end(), call.name) == names.end()) return send(*call.exchange, no_such_model());
  send(*call.exchange, model_json(call.name, created()));
}

void Service::completions(const Call& call) {
  auto read = api::read_completion(call.request().body);
  if (!read) return send(*call.exchange, refusal(read.error()));
  if (read->model != language_model) {
    return send(*call.exchange, no_such_model());
  }
  const auto request = std::make_shared<const api::CompletionRequest>(*std::move(read));
  auto answer = std::make_shared<Completing::Answer>();
  answer->id = "cmpl-" + call.request().id;
  answer->open = request->prompts.size();
  answer->choices.resize(request->prompts.size());
  if (request->stream) begin_events(*call.exchange);
  auto tickets = std::make_shared<std::vector<std::shared_ptr<Ticket>>>();
  for (std::size_t prompt = 0; prompt < request->prompts.size(); ++prompt) {
    log_text(call, request->prompts[prompt]);
    auto completing = std::make_shared<Completing>(*this, call.exchange, request, answer, prompt);
    auto ticket =
        decoder_->submit({.text = request->prompts[prompt], .raw = true, .tasks = {request->options}}, completing);
    if (!ticket) {
      for (const auto& other : *tickets) other->cancel();
      if (!request->stream) return send_busy(*call.exchange);
      return completing->refuse();
    }
    tickets->push_back(std::move(ticket));
  }
  call.exchange->when_gone([tickets] {
    for (const auto& ticket : *tickets) ticket->cancel();
  });
}

Result<std::shared_ptr<const encode::TextEncoder>> Service::encoder() {
  if (!encoder_) {
    auto loaded = encode::TextEncoder::load(options_.weights.text_encoder, {.threads = 1});
    if (!loaded) return tl::unexpected(loaded.error());
    encoder_ = std::make_shared<const encode::TextEncoder>(*std::move(loaded));
  }
  return encoder_;
}

void Service::embeddings(const Call& call) {
  auto request = api::read_embedding(call.request().body);
  if (!request) return send(*call.exchange, refusal(request.error()));
  if (request->model != embedding_model || options_.weights.text_encoder.empty()) {
    return send(*call.exchange, no_such_model());
  }
  work(call, [this, call, request = *std::move(request)] {
    int tokens = 0;
    const auto weights = decoder_->weights();
    for (const std::string& text : request.texts)
      tokens += static_cast<int>(weights->engine->tokenizer.encode(text).size());
    std::vector<float> points;
    std::size_t dimension = 0;
    {
      const std::scoped_lock lock(encoder_mutex_);  // it encodes for one at a time
      const auto encoder = this->encoder();
      if (!encoder) return send_error(*call.exchange, encoder.error());
      dimension = static_cast<std::size_t>((*encoder)->dimension());
      if (request.dimensions.value_or(dimension) != dimension) {
        return send(*call.exchange, failure(422, "'dimensions' is not " + std::to_string(dimension) +
                                                     ", which this model's points have"));
      }
      points = (*encoder)->encode(std::vector<std::string_view>(request.texts.begin(), request.texts.end()));
    }
    send(*call.exchange, embeddings_json(points, dimension, request.base64, tokens));
  });
}

void Service::document(const Call& call) {
  send(*call.exchange,
       Response{.body = openapi_document(!options_.keys.empty()), .headers = {{"Cache-Control", "no-cache"}}});
}

void Service::live(const Call& call) { send(*call.exchange, ordered_json{{"live", true}}); }

void Service::is_ready(const Call& call) {
  bool ready = false;
  {
    const std::scoped_lock lock(mutex_);
    ready = ready_;
  }
  Response response{.body = api::json_line({{"ready", ready}})};
  if (!ready) response = failure(503, "the server is stopping");
  send(*call.exchange, std::move(response));
}

void Service::metrics_text(const Call& call) {
  send(*call.exchange, Response{.type = "text/plain; version=0.0.4; charset=utf-8", .body = metrics_.text()});
}

void Service::status(const Call& call) {
  work(call, [this, call] {
    const Recent::Figures figures = metrics_.suggest_requests.figures();
    const Decoder::Load load = decoder_->load();
    ordered_json catalogue;
    if (catalogue_) {
      const auto size = catalogue_->size();
      if (!size) return send_error(*call.exchange, size.error());
      catalogue = {{"assets", *size}};
    }
    bool ready = false;
    {
      const std::scoped_lock lock(mutex_);
      ready = ready_;
    }
    send(*call.exchange,
         {{"ready", ready},
          {"model", language_model},
          {"catalogue", std::move(catalogue)},
          {"requests_per_s", api::rounded(figures.requests_per_s)},
          {"suggestions_per_s", api::rounded(figures.suggestions_per_s)},
          {"active", load.active},
          {"queued", load.queued},
          {"latency_ms", {{"p50", api::rounded(figures.p50_ms)}, {"p99", api::rounded(figures.p99_ms)}}},
          {"uptime_s", api::rounded(milliseconds_since(begun_) / 1e3)},
          {"rss_mb", api::rounded(rss_mb())}});
  });
}

void Service::reload(const Call& call) {
  // Who holds a key may; without keys, who is on this machine.
  if (options_.keys.empty() && !call.request().from_loopback) {
    return send(*call.exchange, failure(403, "only from this machine, or with a key"));
  }
  reload([this, call](const Result<>& done) {
    if (!done) {
      log(Level::error, "reload", {{"message", done.error().message}});
      return send(*call.exchange,
                  failure(503, "the new weights cannot be loaded, the old ones go on; the log tells more"));
    }
    log(Level::info, "reload", ordered_json::object());
    send(*call.exchange, {{"reloaded", true}, {"load_ms", api::rounded(decoder_->weights()->load_ms)}});
  });
}

void Service::page(const Call& call) {
  std::shared_ptr<const Studio> studio;
  {
    const std::scoped_lock lock(mutex_);
    studio = studio_;
  }
  call.exchange->set_route("studio");
  auto found = studio->get(call.request());
  send(*call.exchange, found ? *std::move(found) : failure(404, "there is nothing here; /openapi.json tells what is"));
}

}  // namespace updraft::server
