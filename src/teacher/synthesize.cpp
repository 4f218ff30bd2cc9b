#include "teacher/synthesize.h"

#include <algorithm>
#include <condition_variable>
#include <deque>
#include <exception>
#include <fstream>
#include <mutex>
#include <nlohmann/json.hpp>
#include <random>
#include <thread>
#include <unordered_map>

#include "corpus/alike.h"
#include "corpus/corpus.h"
#include "corpus/rules.h"
#include "files/mapping.h"
#include "teacher/draft.h"
#include "teacher/prompt.h"
#include "teacher/record_file.h"
#include "text/utf8.h"
#include "text/words.h"

namespace updraft::teacher {
namespace {

using std::chrono::milliseconds;
using std::chrono::steady_clock;

constexpr std::size_t intents_a_request = 25;
constexpr std::size_t known_intents_shown = 60;
constexpr int fruitless_requests_a_category = 3;
constexpr std::size_t max_rules_bytes = 64 << 10;
constexpr std::size_t max_intents_bytes = 64 << 20;

Result<> check_options(const TeacherOptions& o) {
  const auto wrong = [](std::string message) { return fail(ErrorCode::invalid_argument, std::move(message)); };
  if (o.chat.model.empty()) return wrong("no model is named");
  if (o.out.empty()) return wrong("no file to write to is named");
  if (o.intents.empty() && o.categories.empty())
    return wrong("nothing is asked for: name a file of intents, or categories");
  if (!o.categories.empty() && (o.intents_a_category < 1 || o.intents_a_category > max_intents_a_category)) {
    return wrong("the number of intents a category must be from 1 to " + std::to_string(max_intents_a_category));
  }
  for (const std::string& category : o.categories) {
    if (std::find(corpus::categories.begin(), corpus::categories.end(), category) == corpus::categories.end()) {
      return wrong("there is no category '" + category + "'");
    }
  }
  if (o.in_flight < 1 || o.in_flight > max_in_flight) {
    return wrong("requests in flight must be from 1 to " + std::to_string(max_in_flight));
  }
  if (o.retry.attempts < 1 || o.retry.attempts > 100) return wrong("attempts must be from 1 to 100");
  if (o.chat.max_tokens < 1) return wrong("the tokens of an answer must be 1 at least");
  if (!(o.price_in >= 0) || !(o.price_out >= 0)) return wrong("a price is below 0");
  return {};
}

Result<std::string> read_rules(const std::filesystem::path& path) {
  if (path.empty()) return record_rules();
  const auto file = files::Mapping::open(path);
  if (!file) return tl::unexpected(file.error());
  if (file->text().size() > max_rules_bytes)
    return fail(ErrorCode::invalid_argument, path.string() + ": larger than 64 KiB");
  if (!text::is_valid_utf8(file->text())) return fail(ErrorCode::corrupt, path.string() + ": not valid UTF-8");
  return std::string(file->text());
}

// One intent a line; empty lines are passed over.
Result<std::vector<std::string>> read_intents(const std::filesystem::path& path) {
  std::vector<std::string> intents;
  if (path.empty()) return intents;
  const auto file = files::Mapping::open(path);
  if (!file) return tl::unexpected(file.error());
  if (file->text().size() > max_intents_bytes)
    return fail(ErrorCode::invalid_argument, path.string() + ": larger than 64 MiB");
  std::string_view rest = file->text();
  for (std::size_t number = 1; !rest.empty(); ++number) {
    std::string_view line = rest.substr(0, rest.find('\n'));
    rest.remove_prefix(std::min(line.size() + 1, rest.size()));
    while (!line.empty() && (line.back() == '\r' || line.back() == ' ' || line.back() == '\t')) line.remove_suffix(1);
    while (!line.empty() && (line.front() == ' ' || line.front() == '\t')) line.remove_prefix(1);
    if (line.empty()) continue;
    const auto words = text::count_words(line);
    if (!text::is_valid_utf8(line) || line.size() > corpus::max_text_bytes || words < 1 ||
        words > static_cast<std::size_t>(trained_words(Task::intent).max)) {
      return fail(ErrorCode::corrupt, path.string() + ":" + std::to_string(number) + ": not an intent of 1 to " +
                                          std::to_string(trained_words(Task::intent).max) + " words");
    }
    intents.emplace_back(line);
  }
  return intents;
}

// All texts that a new record must not repeat.
class Known {
 public:
  void add(const corpus::Record& record) {
    add_intent(record.intent);
    for (const Task task : compared) {
      for (const std::string& text : record.prompts[static_cast<std::size_t>(task)]) add(task, text);
    }
  }
  void add_intent(const std::string& intent) { add(Task::intent, intent); }

  [[nodiscard]] const std::string* like(Task task, const std::string& text) const {
    const auto match = texts_.most_alike(task, text);
    return match ? &by_id_[match->id] : nullptr;
  }
  [[nodiscard]] std::vector<corpus::Finding> repeats(const corpus::Record& record) const {
    std::vector<corpus::Finding> findings;
    for (const Task task : compared) {
      for (const std::string& text : record.prompts[static_cast<std::size_t>(task)]) {
        if (const std::string* other = like(task, text)) {
          findings.push_back({{}, 0, "repeats", text, "too near to one that we have: '" + *other + "'"});
        }
      }
    }
    return findings;
  }

 private:
  // Not `related`: a short idea such as "thank you card" stands beside many intents, and rightly so.
  static constexpr std::array compared = {Task::query, Task::template_, Task::image};

  void add(Task task, const std::string& text) {
    texts_.add(task, text, by_id_.size());
    by_id_.push_back(text);
  }

  corpus::AlikeTexts texts_;
  std::vector<std::string> by_id_;
};

struct Job {
  std::string intent;    // empty: think of intents for the category
  std::string category;  // empty: the teacher chooses
};

class Synthesis {
 public:
  Synthesis(const TeacherOptions& options, const Outside& outside, const Stop& stop, const Observer& observer,
            RecordFile file, std::string rules)
      : options_(options),
        outside_(outside),
        stop_(stop),
        observer_(observer),
        file_(std::move(file)),
        rules_(std::move(rules)),
        random_(options.seed) {}

  Result<Progress> run() {
    if (auto read = read_known(); !read) return tl::unexpected(read.error());
    if (auto queued = queue_jobs(); !queued) return tl::unexpected(queued.error());
    report();
    {
      std::vector<std::jthread> workers;
      for (int i = 0; i < options_.in_flight; ++i) workers.emplace_back([this] { work(); });
    }
    if (fatal_) return tl::unexpected(*fatal_);
    if (!jobs_.empty()) return fail(ErrorCode::cancelled, "stopped; the same command goes on from here");
    return progress_;
  }

 private:
  // ---- before any thread ----

  Result<> read_known() {
    if (!options_.corpus.empty()) {
      const auto corpus = corpus::read(options_.corpus);
      if (!corpus) return tl::unexpected(corpus.error());
      for (const auto* side : {&corpus->train, &corpus->held_out}) {
        for (const corpus::Record& record : *side) {
          known_.add(record);
          intents_of_[record.category].push_back(record.intent);
        }
      }
    }
    std::size_t number = 0;
    for (const std::string& line : file_.lines()) {
      ++number;
      std::vector<corpus::Finding> findings;
      const auto record = corpus::read_record(line, findings);
      if (!record) {
        return fail(ErrorCode::corrupt, options_.out.string() + ":" + std::to_string(number) + ": not a record");
      }
      known_.add(*record);
      intents_of_[record->category].push_back(record->intent);
      written_[record->intent] = record->category;
    }
    return {};
  }

  Result<> queue_jobs() {
    const auto intents = read_intents(options_.intents);
    if (!intents) return tl::unexpected(intents.error());
    for (const std::string& intent : *intents) {
      ++progress_.total;
      if (written_.contains(intent)) {
        ++progress_.had;
      } else if (!queue_intent({intent, {}})) {
        --progress_.total;
      }
    }
    for (const std::string& category : options_.categories) {
      const auto wanted = static_cast<std::size_t>(options_.intents_a_category);
      const auto had = static_cast<std::size_t>(
          std::count_if(written_.begin(), written_.end(), [&](const auto& one) { return one.second == category; }));
      progress_.total += std::max(wanted, had);
      progress_.had += had;
      if (had < wanted) {
        lacking_[category] = wanted - had;
        jobs_.push_back({{}, category});
      }
    }
    return {};
  }

  // ---- under the lock ----

  // False, and told, when the intent is near one that is there.
  bool queue_intent(Job job) {
    if (const std::string* other = known_.like(Task::intent, job.intent)) {
      ++progress_.dropped;
      observer_.note("dropped: " + corpus::one_line(job.intent) + ": near '" + corpus::one_line(*other) + "'");
      return false;
    }
    known_.add_intent(job.intent);
    if (!job.category.empty()) intents_of_[job.category].push_back(job.intent);
    jobs_.push_back(std::move(job));
    return true;
  }

  void report() {
    progress_.seconds = std::chrono::duration<double>(steady_clock::now() - start_).count();
    progress_.cost = (static_cast<double>(progress_.tokens_in) * options_.price_in +
                      static_cast<double>(progress_.tokens_out) * options_.price_out) /
                     1e6;
    observer_.progress(progress_);
  }

  void give_up(Error error) {
    if (!fatal_) fatal_ = std::move(error);
    changed_.notify_all();
  }

  // Whether the whole run ends depends on what kind of error it is, and on how many came in a row.
  void count_failure(const Job& job, const Error& error) {
    const std::string what = job.intent.empty() ? "intents for " + job.category : job.intent;
    observer_.note("failed: " + corpus::one_line(what) + ": " + corpus::one_line(error.message));
    if (!job.intent.empty()) ++progress_.failed;
    if (error.code == ErrorCode::invalid_argument || error.code == ErrorCode::unsupported) {
      give_up({ErrorCode::invalid_argument, "the endpoint refuses: " + error.message});
    } else if (++failures_in_a_row_ >= std::max(10, 2 * options_.in_flight)) {
      give_up({ErrorCode::io,
               std::to_string(failures_in_a_row_) + " requests in a row failed; the last one: " + error.message});
    }
  }

  // ---- in each worker ----

  void work() {
    try {
      std::unique_lock lock(mutex_);
      while (!fatal_ && !stop_()) {
        if (jobs_.empty()) {
          if (busy_ == 0) break;
          changed_.wait_for(lock, milliseconds(100));  // `stop` has no voice of its own
          continue;
        }
        const Job job = std::move(jobs_.front());
        jobs_.pop_front();
        ++busy_;
        lock.unlock();
        const Result<> done = job.intent.empty() ? think_of_intents(job) : make_record(job);
        lock.lock();
        --busy_;
        if (done) {
          failures_in_a_row_ = 0;
        } else if (done.error().code == ErrorCode::cancelled) {
          jobs_.push_front(job);
        } else {
          count_failure(job, done.error());
        }
        report();
        changed_.notify_all();
      }
    } catch (const std::exception& error) {
      const std::lock_guard lock(mutex_);
      give_up({ErrorCode::io, error.what()});
    }
    changed_.notify_all();
  }

  Result<Answer> ask_teacher(std::span<const Message> messages) {
    const auto request = chat_request(options_.chat, messages);
    if (!request) return tl::unexpected(request.error());
    const Patience patience{
        options_.retry,
        [this] {
          const std::lock_guard lock(mutex_);
          return std::uniform_real_distribution<double>(0, 1)(random_);
        },
        outside_.wait,
        [this](const Error& error) {
          const std::lock_guard lock(mutex_);
          ++progress_.retries;
          observer_.note("again: " + corpus::one_line(error.message));
          report();
        },
    };
    auto answer = ask(outside_.transport, *request, patience, [this] {
      const std::lock_guard lock(mutex_);
      return fatal_.has_value() || stop_();
    });
    if (answer) {
      const std::lock_guard lock(mutex_);
      progress_.tokens_in += answer->tokens_in;
      progress_.tokens_out += answer->tokens_out;
    }
    return answer;
  }

  Result<> make_record(const Job& job) {
    std::vector<Message> messages = {{"system", rules_}, {"user", ask_for_record(job.intent, job.category)}};
    for (bool repaired = false;; repaired = true) {
      const auto answer = ask_teacher(messages);
      if (!answer) return tl::unexpected(answer.error());
      auto draft = read_draft(answer->text, job.intent, job.category);
      std::vector<corpus::Finding> findings;
      if (!draft) {
        findings = {{{}, 0, "json", "answer", answer->cut ? "it is too long and was cut off" : draft.error().message}};
        if (repaired) return fail(ErrorCode::corrupt, findings[0].why);
      } else {
        findings = draft->findings;
        const std::lock_guard lock(mutex_);
        for (auto& repeat : known_.repeats(draft->record)) findings.push_back(std::move(repeat));
      }
      if (findings.empty() || repaired) return keep(*draft, findings);
      {
        const std::lock_guard lock(mutex_);
        ++progress_.repairs;
      }
      constexpr std::size_t most_shown = 16 << 10;  // an answer that goes on for ever is not worth its tokens
      std::string shown = answer->text.substr(0, most_shown);
      while (!text::is_valid_utf8(shown)) shown.pop_back();
      messages.push_back({"assistant", std::move(shown)});
      messages.push_back({"user", ask_for_repair(findings)});
    }
  }

  // Writes what is good of a draft.
  Result<> keep(const Draft& draft, std::vector<corpus::Finding> findings) {
    const std::lock_guard lock(mutex_);
    // Others may have written the same since the draft was looked at.
    for (auto& repeat : known_.repeats(draft.record)) findings.push_back(std::move(repeat));
    const auto record = findings.empty() ? Result<Draft>(draft) : without(draft, findings);
    if (!record) return tl::unexpected(record.error());
    if (auto written = file_.append(record->line); !written) {
      give_up(written.error());
      return fail(ErrorCode::cancelled, written.error().message);
    }
    known_.add(record->record);
    ++progress_.done;
    return {};
  }

  Result<> think_of_intents(const Job& job) {
    std::vector<std::string> shown;
    std::size_t count = 0;
    {
      const std::lock_guard lock(mutex_);
      const auto& have = intents_of_[job.category];
      std::sample(have.begin(), have.end(), std::back_inserter(shown), known_intents_shown, random_);
      count = std::min(intents_a_request, lacking_[job.category]);
    }
    const std::vector<Message> messages = {{"system", intent_rules()},
                                           {"user", ask_for_intents(count, job.category, shown)}};
    const auto answer = ask_teacher(messages);
    auto thought_of = answer ? read_thoughts(answer->text) : tl::unexpected(answer.error());

    const std::lock_guard lock(mutex_);
    std::size_t& lacking = lacking_[job.category];
    std::size_t accepted = 0;
    if (thought_of) {
      for (std::string& intent : *thought_of) {
        if (accepted < std::min(count, lacking) && queue_intent({std::move(intent), job.category})) ++accepted;
      }
    }
    lacking -= accepted;
    int& fruitless = fruitless_[job.category];
    fruitless = accepted == 0 ? fruitless + 1 : 0;
    if (lacking > 0) {
      if (fruitless < fruitless_requests_a_category) {
        jobs_.push_back(job);
      } else {
        progress_.total -= lacking;
        observer_.note("the teacher thinks of nothing new for " + job.category);
      }
    }
    return thought_of ? Result<>{} : tl::unexpected(thought_of.error());
  }

  static Result<std::vector<std::string>> read_thoughts(std::string_view answer) {
    const auto object = find_object(answer);
    if (!object) return tl::unexpected(object.error());
    const auto said = nlohmann::json::parse(*object);
    const auto list = said.find("intents");
    if (list == said.end() || !list->is_array()) return fail(ErrorCode::corrupt, "there are no intents in the answer");
    std::vector<std::string> intents;
    for (const auto& value : *list) {
      if (!value.is_string()) continue;
      auto intent = value.get<std::string>();
      const auto words = text::count_words(intent);
      std::vector<corpus::Finding> findings;
      corpus::check_text(Task::intent, intent, findings);
      if (words >= 1 && words <= 12 && findings.empty()) intents.push_back(std::move(intent));
    }
    return intents;
  }

  const TeacherOptions& options_;
  const Outside& outside_;
  const Stop& stop_;
  const Observer& observer_;
  const steady_clock::time_point start_ = steady_clock::now();

  std::mutex mutex_;  // guards all below once workers run
  std::condition_variable changed_;
  RecordFile file_;
  std::string rules_;
  Known known_;
  std::unordered_map<std::string, std::string> written_;                  // intent -> category, before this run
  std::unordered_map<std::string, std::vector<std::string>> intents_of_;  // by category
  std::unordered_map<std::string, std::size_t> lacking_;                  // by category: intents to be thought of
  std::unordered_map<std::string, int> fruitless_;                        // by category: requests in a row
  std::deque<Job> jobs_;
  std::size_t busy_ = 0;  // workers with a job
  int failures_in_a_row_ = 0;
  std::optional<Error> fatal_;
  Progress progress_;
  std::mt19937_64 random_;
};

bool is_this_machine(std::string_view url) {
  url.remove_prefix(std::string_view("http://").size());
  const std::string_view host = url.substr(0, url.find_first_of(url.starts_with('[') ? "]" : ":/"));
  return host == "localhost" || host == "127.0.0.1" || host == "[::1";
}

// Wakes up ten times a second to see whether it may go.
void sleep(milliseconds delay, const Stop& stop) {
  const auto end = steady_clock::now() + delay;
  while (!stop()) {
    const auto left = end - steady_clock::now();
    if (left <= left.zero()) return;
    std::this_thread::sleep_for(std::min<steady_clock::duration>(left, milliseconds(100)));
  }
}

}  // namespace

Result<Progress> synthesize(const TeacherOptions& options, const Outside& outside, const Stop& stop,
                            const Observer& observer) {
  if (auto checked = check_options(options); !checked) return tl::unexpected(checked.error());
  if (auto request = chat_request(options.chat, {}); !request) return tl::unexpected(request.error());
  auto rules = read_rules(options.rules);
  if (!rules) return tl::unexpected(rules.error());
  auto file = RecordFile::open(options.out);
  if (!file) return tl::unexpected(file.error());
  return Synthesis(options, outside, stop, observer, std::move(*file), std::move(*rules)).run();
}

Result<Progress> synthesize(const TeacherOptions& options, const Stop& stop, const Observer& observer) {
  Endpoint endpoint = options.endpoint;
  auto url = completions_url(endpoint.url);
  if (!url) return tl::unexpected(url.error());
  endpoint.url = std::move(*url);
  if (!endpoint.api_key.empty() && endpoint.url.starts_with("http://") && !is_this_machine(endpoint.url)) {
    observer.note("the API key travels without encryption: the URL begins with http");
  }
  auto transport = http_transport(std::move(endpoint));
  if (!transport) return tl::unexpected(transport.error());
  return synthesize(options, Outside{std::move(*transport), sleep}, stop, observer);
}

}  // namespace updraft::teacher
