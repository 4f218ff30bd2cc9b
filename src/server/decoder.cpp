#include "server/decoder.h"

#include <algorithm>

#include "suggest/options.h"
#include "text/typed.h"
#include "text/utf8.h"

namespace updraft::server {
namespace {

constexpr std::chrono::milliseconds between_texts{30};
// Longer ones are mostly meant in other words, and take long to compute.
constexpr std::size_t max_early_bytes = 100;

std::string options_key(const std::vector<SuggestOptions>& tasks) {
  std::string key;
  for (const SuggestOptions& o : tasks) {
    const WordRange words = o.words.value_or(WordRange{0, 0});
    for (const auto number :
         {static_cast<std::int64_t>(o.task), std::int64_t{o.n}, std::int64_t{words.min}, std::int64_t{words.max},
          std::int64_t{o.candidates}, std::int64_t{o.ret}, static_cast<std::int64_t>(o.seed)}) {
      key += std::to_string(number) + ' ';
    }
    for (const float number : {suggest::temperature_of(o), o.top_p, o.min_p}) key += std::to_string(number) + ' ';
  }
  return key;
}

std::size_t bytes_of(const Intent& intent) {
  std::size_t bytes = sizeof(Intent) + intent.text.size() + intent.signs.size() * sizeof(double);
  for (const auto* shares : {&intent.goals, &intent.categories}) bytes += shares->size() * 2 * sizeof(Share);
  for (const Facet& facet : intent.facets) bytes += sizeof(Facet) + facet.name.size() + facet.value.size();
  return bytes;
}

std::size_t bytes_of(const Written& written) {
  std::size_t bytes = sizeof(Written);
  for (const Suggestions& answer : written.answers) {
    bytes += sizeof(Suggestions);
    for (const Suggestion& one : answer.items) bytes += sizeof(Suggestion) + one.text.size();
  }
  return bytes;
}

// What the prompts are for, unless what was understood is likelier than not.
const std::string& plain_intent(const Wish& wish) { return wish.otherwise.empty() ? wish.text : wish.otherwise; }

// What the prompts are for.
const std::string& intent_of(const Wish& wish, const Intent& understood) {
  const bool by_person = wish.understood.has_value();
  const bool is_likely = understood.confidence * wish.certainty > likelier_than_not;
  return by_person || is_likely ? understood.text : plain_intent(wish);
}

// The same wishes have the same; whatever their texts are, others have others.
std::string key_of(const Wish& wish, const std::string& intent) {
  std::string key = wish.raw ? "raw " : wish.understood ? "told " : "typed ";
  key += (wish.fewer_candidates ? "auto " : "") + options_key(wish.tasks);
  if (wish.understood) return key + intent;
  if (!wish.otherwise.empty()) key += std::to_string(wish.certainty) + ' ' + std::to_string(wish.text.size()) + ' ';
  return key + wish.text + wish.otherwise;
}

// How many words it asks for at most. Who waits is drawn one text for each suggestion, unless it insists on more.
std::int64_t words_of(const Wish& wish) {
  std::int64_t words = 0;
  for (const SuggestOptions& o : wish.tasks) {
    const int candidates = wish.fewer_candidates ? 1 : o.candidates;
    words += std::int64_t{o.n} * candidates * o.words.value_or(trained_words(o.task)).max;
  }
  return words;
}

// Without the beginning of a character whose end has not grown yet.
std::string_view whole_characters(std::string_view text) {
  for (std::size_t cut = 0; cut < 4 && cut <= text.size(); ++cut) {
    const std::string_view shorter = text.substr(0, text.size() - cut);
    if (text::is_valid_utf8(shorter)) return shorter;
  }
  return {};
}

}  // namespace

int candidates_under(std::size_t load, int asked) {
  const int most = load <= 2 ? asked : load <= 3 ? 3 : load <= 6 ? 2 : 1;
  return std::max(1, std::min(asked, most));
}

struct Decoder::Job {
  Wish wish;
  std::int64_t words = 0;  // that it asks for
  std::string key;
  std::vector<std::shared_ptr<Ticket>> tickets;  // under the decoder's mutex
  std::shared_ptr<Weights> weights;
  Clock::time_point since = Clock::now();
  Clock::time_point begun = since;
  Outcome outcome;
  std::string written_key;
  std::vector<SuggestOptions> tasks;  // with the candidates that are drawn
  std::shared_ptr<Written> written;
  std::vector<bool> told;  // by task: it is in `written`
  bool has_text = false;   // that grows
  Clock::time_point texts_told;
  std::map<std::pair<std::size_t, std::size_t>, std::size_t> told_bytes;  // of a growing text, by task and index
  std::optional<Error> error;
  // Last: they hold places in the weights' engine. Both: the request is for what was typed, in case that this is meant.
  std::unique_ptr<intent::Detection> detection;
  std::unique_ptr<suggest::Request> request;

  [[nodiscard]] bool has_begun() const { return detection || request || error || outcome.written; }
};

Decoder::Decoder(std::shared_ptr<Weights> weights, const Options& options, Metrics& metrics)
    : options_(options),
      metrics_(metrics),
      intents_(options.cache_bytes / 4, options.cache_age),
      written_(options.cache_bytes / 4 * 3, options.cache_age),
      weights_(std::move(weights)),
      thread_([this] { run(); }) {}

Decoder::~Decoder() { stop(); }

void Decoder::stop() {
  {
    const std::scoped_lock lock(mutex_);
    draining_ = stopping_ = true;
  }
  wake_.notify_all();
  if (thread_.joinable()) thread_.join();
}

std::shared_ptr<Ticket> Decoder::submit(Wish wish, std::shared_ptr<Watcher> watcher) {
  auto ticket = std::make_shared<Ticket>(std::move(watcher));
  Outcome outcome;
  const auto writes = [&] { return !wish.tasks.empty(); };
  if (wish.understood) {
    outcome.understood = std::make_shared<Intent>(*wish.understood);
  } else if (!wish.raw) {
    outcome.understood = intents_.find(wish.text);
  }
  const bool knows_intent = wish.raw || outcome.understood != nullptr;
  auto job = std::make_shared<Job>();
  if (knows_intent) {
    outcome.intent = wish.raw ? wish.text : intent_of(wish, *outcome.understood);
    if (writes()) {
      const Load now = load();
      auto written = written_.find(options_key(wish.tasks) + outcome.intent);
      const int wanted = wish.fewer_candidates
                             ? candidates_under(now.active + now.queued + 1, wish.tasks.front().candidates)
                             : wish.tasks.front().candidates;
      if (written && written->candidates >= wanted) outcome.written = std::move(written);
    }
    if (!writes() || outcome.written) {
      metrics_.cache_hits.Increment();
      outcome.cached = true;
      Watcher& waiting = *ticket->watcher_;
      if (outcome.understood) waiting.understood(outcome);
      for (std::size_t task = 0; task < wish.tasks.size(); ++task) {
        waiting.suggestions(wish.tasks[task].task, outcome, outcome.written->answers[task]);
      }
      waiting.done(outcome);
      return ticket;
    }
  }
  metrics_.cache_misses.Increment();
  job->key = key_of(wish, outcome.intent);
  job->words = words_of(wish);
  job->wish = std::move(wish);
  job->outcome = std::move(outcome);
  {
    const std::scoped_lock lock(mutex_);
    if (draining_) return nullptr;
    if (const auto found = open_.find(job->key); found != open_.end() && found->second->weights == weights_) {
      found->second->tickets.push_back(ticket);
      metrics_.joined.Increment();
    } else {
      if (queue_.size() >= options_.queue) return nullptr;
      job->tickets.push_back(ticket);
      job->weights = weights_;
      open_[job->key] = job;
      queue_.push_back(std::move(job));
      metrics_.queued.Set(static_cast<double>(queue_.size()));
    }
  }
  wake_.notify_one();
  return ticket;
}

void Decoder::use(std::shared_ptr<Weights> weights) {
  {
    const std::scoped_lock lock(mutex_);
    weights_ = std::move(weights);
  }
  intents_.clear();
  written_.clear();
}

std::shared_ptr<Weights> Decoder::weights() const {
  const std::scoped_lock lock(mutex_);
  return weights_;
}

Decoder::Load Decoder::load() const {
  const std::scoped_lock lock(mutex_);
  return {n_active_, queue_.size(), seconds_a_wish_};
}

void Decoder::drain(std::chrono::milliseconds at_most) {
  std::unique_lock lock(mutex_);
  draining_ = true;
  wake_.notify_all();
  idle_.wait_for(lock, at_most, [&] { return queue_.empty() && n_active_ == 0; });
}

void Decoder::run() {
  while (true) {
    {
      std::unique_lock lock(mutex_);
      wake_.wait(lock, [&] { return stopping_ || !queue_.empty() || !active_.empty(); });
      if (stopping_) break;
      admit(lock);
    }
    step();
  }
  const auto stopped = fail(ErrorCode::cancelled, "the server is stopping");
  std::vector<std::shared_ptr<Job>> left = std::move(active_);
  {
    const std::scoped_lock lock(mutex_);
    left.insert(left.end(), queue_.begin(), queue_.end());
    queue_.clear();
  }
  for (const auto& job : left) finish(*job, stopped);
}

// Under the lock: whoever nobody waits for any more goes, and others take the places.
void Decoder::admit(std::unique_lock<std::mutex>& /*lock*/) {
  const auto is_given_up = [&](const std::shared_ptr<Job>& job) {
    std::erase_if(job->tickets, [](const auto& ticket) { return ticket->is_cancelled(); });
    if (!job->tickets.empty()) return false;
    if (const auto found = open_.find(job->key); found != open_.end() && found->second == job) open_.erase(found);
    return true;
  };
  std::erase_if(active_, is_given_up);
  std::erase_if(queue_, is_given_up);
  while (active_.size() < options_.active && !queue_.empty()) {
    active_.push_back(next_of_queue());
    active_.back()->begun = Clock::now();
    metrics_.waiting_seconds.Observe(std::chrono::duration<double>(Clock::now() - active_.back()->since).count());
  }
  n_active_ = active_.size();
  metrics_.active.Set(static_cast<double>(n_active_));
  metrics_.queued.Set(static_cast<double>(queue_.size()));
  if (n_active_ == 0) idle_.notify_all();
}

// Under the lock: the shortest goes first, so that it does not wait for long ones, and the oldest in its turn.
std::shared_ptr<Decoder::Job> Decoder::next_of_queue() {
  const auto oldest = queue_.begin();
  const auto is_shorter = [](const auto& a, const auto& b) { return a->words < b->words; };
  const auto next =
      overtakings_ == max_overtakings ? oldest : std::min_element(queue_.begin(), queue_.end(), is_shorter);
  overtakings_ = next == oldest ? 0 : overtakings_ + 1;
  std::shared_ptr<Job> job = std::move(*next);
  queue_.erase(next);
  return job;
}

void Decoder::begin(Job& job) {
  if (job.outcome.understood == nullptr && !job.wish.raw) {
    if (job.weights->intents) {
      auto detection = intent::Detection::begin(*job.weights->engine, *job.weights->intents, job.wish.text);
      if (!detection) {
        job.error = detection.error();
      } else {
        job.detection = *std::move(detection);
        begin_early(job);
      }
      return;
    }
    job.outcome.intent = plain_intent(job.wish);
  }
  begin_writing(job);
}

// Mostly the text is meant as it was typed. Where nobody else waits, the first texts for that grow while it is found
// out.
void Decoder::begin_early(Job& job) {
  const Load now = load();
  const std::string& typed = plain_intent(job.wish);
  if (job.wish.tasks.empty() || typed.size() > max_early_bytes || now.active + now.queued > 1) return;
  job.outcome.intent = typed;
  if (find_written(job) || !begin_request(job)) return;  // what is understood may be writable all the same
  job.request->hold(true);
  metrics_.early.Increment();
}

void Decoder::begin_writing(Job& job) {
  if (job.wish.tasks.empty()) {
    if (!job.outcome.understood) job.error = Error{ErrorCode::unsupported, "this model was not trained to understand"};
  } else if (auto written = find_written(job)) {  // another utterance meant the same
    job.outcome.written = std::move(written);
    job.outcome.cached = job.outcome.understood == nullptr;  // else that was computed
  } else if (const auto begun = begin_request(job); !begun) {
    job.error = begun.error();
  }
}

// Decides how many texts are drawn for each suggestion of the intent. nullptr: as many were not drawn lately.
std::shared_ptr<const Written> Decoder::find_written(Job& job) {
  const Load now = load();
  job.tasks = job.wish.tasks;
  job.told.assign(job.tasks.size(), false);
  for (SuggestOptions& options : job.tasks) {
    if (job.wish.fewer_candidates) options.candidates = candidates_under(now.active + now.queued, options.candidates);
  }
  job.written_key = options_key(job.wish.tasks) + job.outcome.intent;
  auto written = written_.find(job.written_key);
  return written && written->candidates >= job.tasks.back().candidates ? written : nullptr;
}

Result<> Decoder::begin_request(Job& job) {
  const reward::Scorer* scorer = job.weights->scorer ? &*job.weights->scorer : nullptr;
  suggest::Engine& engine = *job.weights->engine;
  if (auto checked = text::check_typed("intent", job.outcome.intent, max_intent_bytes); !checked) return checked;
  auto request = suggest::Request::begin(engine, engine.encoder, job.outcome.intent, job.tasks, scorer);
  if (!request) return tl::unexpected(request.error());
  job.request = *std::move(request);
  job.written = std::make_shared<Written>();
  job.written->answers.resize(job.tasks.size());
  job.written->candidates = job.tasks.back().candidates;
  return {};
}

// One token of everybody.
void Decoder::step() {
  std::map<Weights*, std::vector<suggest::Decoding*>> groups;
  for (const auto& job : active_) {
    if (!job->has_begun()) begin(*job);
    const auto add = [&](suggest::Decoding* decoding) {
      if (decoding != nullptr && !decoding->is_done()) groups[job->weights.get()].push_back(decoding);
    };
    if (job->error) continue;
    add(job->detection.get());
    add(job->request.get());
  }
  for (auto& [weights, decodings] : groups) {
    const auto begun = Clock::now();
    const auto done = weights->batch.step(decodings);
    metrics_.step_seconds.Observe(std::chrono::duration<double>(Clock::now() - begun).count());
    std::size_t growing = 0;
    for (const suggest::Decoding* decoding : decodings) growing += decoding->n_growing();
    metrics_.growing_texts.Observe(static_cast<double>(growing));
    if (done) continue;
    for (const auto& job : active_) {
      if (job->weights.get() == weights) job->error = Error{ErrorCode::io, done.error().message};
    }
  }
  std::vector<std::shared_ptr<Job>> going_on;
  for (const auto& job : active_) {
    const bool late = Clock::now() - job->since > options_.time_limit;
    if (!job->error && late) job->error = Error{ErrorCode::io, "the request took too long"};
    if (!job->error) tell(*job);
    const bool written = job->wish.tasks.empty() ? job->outcome.understood != nullptr : job->outcome.written != nullptr;
    if (job->error) {
      finish(*job, tl::unexpected(*job->error));
    } else if (written) {
      finish(*job, job->outcome);
    } else {
      going_on.push_back(job);
    }
  }
  active_ = std::move(going_on);
  const std::scoped_lock lock(mutex_);
  n_active_ = active_.size();
  metrics_.active.Set(static_cast<double>(n_active_));
  if (n_active_ == 0 && queue_.empty()) idle_.notify_all();
}

std::vector<std::shared_ptr<Ticket>> Decoder::tickets_of(Job& job) {
  const std::scoped_lock lock(mutex_);
  return job.tickets;
}

// Each hears once what was understood, and each task; also those that joined later.
void Decoder::tell_what_is_known(Job& job) {
  const Written* written = job.outcome.written ? job.outcome.written.get() : job.written.get();
  for (const auto& ticket : tickets_of(job)) {
    if (ticket->is_cancelled()) continue;
    if (job.outcome.understood && !ticket->has_understood_) {
      ticket->has_understood_ = true;
      ticket->watcher_->understood(job.outcome);
    }
    ticket->has_task_.resize(job.tasks.size());
    for (std::size_t task = 0; task < job.tasks.size(); ++task) {
      if (ticket->has_task_[task] || (!job.outcome.written && !job.told[task])) continue;
      ticket->has_task_[task] = true;
      ticket->watcher_->suggestions(job.tasks[task].task, job.outcome, written->answers[task]);
    }
  }
}

void Decoder::tell(Job& job) {
  if (job.detection && !job.detection->is_done()) {
    if (job.request) tell_texts(job);
    return;
  }
  if (job.detection) {
    const std::string early = job.outcome.intent;
    Intent intent = job.detection->answer();
    intent.load_ms = job.weights->load_ms;
    const std::size_t bytes = bytes_of(intent);
    job.outcome.intent = intent_of(job.wish, intent);
    job.outcome.understood = std::make_shared<const Intent>(std::move(intent));
    if (weights() == job.weights) intents_.put(job.wish.text, job.outcome.understood, bytes);
    job.detection.reset();
    if (job.request && job.outcome.intent != early) {
      job.request.reset();
      job.told_bytes.clear();
      metrics_.early_dropped.Increment();
    }
    tell_what_is_known(job);
    if (!job.request) {
      begin_writing(job);
      return;
    }
    job.request->hold(false);
  }
  if (!job.request) {
    tell_what_is_known(job);
    return;
  }
  for (std::size_t task = 0; task < job.tasks.size(); ++task) {
    if (job.told[task] || !job.request->is_done(task)) continue;
    Suggestions answer = job.request->answer(task);
    answer.timings.load_ms = job.weights->load_ms;
    metrics_.suggestions.Increment(static_cast<double>(answer.items.size()));
    job.written->answers[task] = std::move(answer);
    job.told[task] = true;
  }
  tell_what_is_known(job);
  if (!job.request->is_done()) {
    tell_texts(job);
    return;
  }
  Timings timings = job.request->timings();
  timings.load_ms = job.weights->load_ms;
  for (Suggestions& answer : job.written->answers) answer.timings = timings;
  metrics_.decoded_tokens.Increment(timings.decoded_tokens);
  metrics_.candidates.Observe(job.written->candidates);
  if (weights() == job.weights) written_.put(job.written_key, job.written, bytes_of(*job.written));
  job.outcome.written = job.written;
}

void Decoder::tell_texts(Job& job) {
  const auto now = Clock::now();
  if (!job.has_text && job.request->n_growing() > 0) {
    job.has_text = true;
    metrics_.first_text_seconds.Observe(std::chrono::duration<double>(now - job.since).count());
  }
  if (job.request->n_growing() == 0 || now - job.texts_told < between_texts) return;
  job.texts_told = now;
  std::vector<std::shared_ptr<Ticket>> listening = tickets_of(job);
  std::erase_if(listening,
                [](const auto& ticket) { return ticket->is_cancelled() || !ticket->watcher_->wants_texts(); });
  if (listening.empty()) return;
  for (const auto& [task, index, text] : job.request->growing()) {
    const std::string_view whole = whole_characters(text);
    const SuggestOptions& options = job.tasks[task];
    if (whole.empty() || index >= static_cast<std::size_t>(options.n)) continue;
    std::size_t& told = job.told_bytes[{task, index}];
    if (told == whole.size()) continue;
    told = whole.size();
    for (const auto& ticket : listening) ticket->watcher_->text(options.task, index, whole);
  }
}

void Decoder::finish(Job& job, const Result<Outcome>& outcome) {
  if (outcome) tell_what_is_known(job);
  std::vector<std::shared_ptr<Ticket>> tickets;
  {
    const std::scoped_lock lock(mutex_);
    if (const auto found = open_.find(job.key); found != open_.end() && found->second.get() == &job) open_.erase(found);
    tickets = std::move(job.tickets);
    const double seconds = std::chrono::duration<double>(Clock::now() - job.begun).count();
    seconds_a_wish_ = seconds_a_wish_ == 0 ? seconds : 0.9 * seconds_a_wish_ + 0.1 * seconds;
  }
  for (const auto& ticket : tickets) {
    if (!ticket->is_cancelled()) ticket->watcher_->done(outcome);
  }
  job.request.reset();
  job.detection.reset();
}

}  // namespace updraft::server
