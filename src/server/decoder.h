// The one thread that decodes: intents and suggestions of all requests grow in one batch (suggest/batch.h), which each
// joins and leaves at any token. What was asked for a moment ago is answered from a cache, and what is being computed
// for one is computed for all who ask for the same.
#pragma once

#include <atomic>
#include <chrono>
#include <condition_variable>
#include <cstddef>
#include <deque>
#include <map>
#include <memory>
#include <mutex>
#include <optional>
#include <string>
#include <string_view>
#include <thread>
#include <vector>

#include "server/cache.h"
#include "server/metrics.h"
#include "server/weights.h"
#include "suggest/request.h"

namespace updraft::server {

struct Wish {
  std::string text;
  // Of a text that was told from something else: how sure that is, 0..1, and what the prompts are for where what was
  // understood is not likelier than not; empty: the text.
  double certainty = 1;
  std::string otherwise = {};
  std::optional<Intent> understood = {};   // by the person; none: detected, unless `raw`
  bool raw = false;                        // the text is the intent
  std::vector<SuggestOptions> tasks = {};  // none: what was understood is all that is wanted
  // The options' candidates are the most; fewer are drawn where others wait (candidates_under).
  bool fewer_candidates = true;
};

struct Written {
  std::vector<Suggestions> answers;  // one a task
  int candidates = 0;                // drawn for each suggestion
};

struct Outcome {
  std::shared_ptr<const Intent> understood;  // none: it was taken as it was typed
  std::string intent;                        // what the suggestions are for
  std::shared_ptr<const Written> written;    // none: nothing was to be written
  bool cached = false;                       // nothing was computed
};

// Who waits for a wish. Called by the decoder's thread, or from within submit(), one call at a time, and must not
// block. done() is the last call, unless the ticket is cancelled: then any call may be.
class Watcher {
 public:
  virtual ~Watcher() = default;
  [[nodiscard]] virtual bool wants_texts() const { return false; }
  virtual void understood(const Outcome& /*so_far*/) {}
  // As far as it has grown; `index`: among the candidates, below the number of suggestions.
  virtual void text(Task /*task*/, std::size_t /*index*/, std::string_view /*text*/) {}
  virtual void suggestions(Task /*task*/, const Outcome& /*so_far*/, const Suggestions& /*of_task*/) {}
  virtual void done(const Result<Outcome>& outcome) = 0;

 protected:
  Watcher() = default;
  Watcher(const Watcher&) = default;
  Watcher& operator=(const Watcher&) = default;
};

// A wish's place; any thread may give it up.
class Ticket {
 public:
  explicit Ticket(std::shared_ptr<Watcher> watcher) : watcher_(std::move(watcher)) {}
  void cancel() { cancelled_ = true; }
  [[nodiscard]] bool is_cancelled() const { return cancelled_; }

 private:
  friend class Decoder;
  std::shared_ptr<Watcher> watcher_;
  std::atomic<bool> cancelled_ = false;
  // What it has heard; the decoder's thread's.
  bool has_understood_ = false;
  std::vector<bool> has_task_;
};

// How many texts are drawn for each suggestion when `load` requests decode or wait: fewer than asked for rather than
// late. At least 1.
[[nodiscard]] int candidates_under(std::size_t load, int asked);

class Decoder {
 public:
  struct Options {
    std::size_t active = 8;  // wishes that decode at a time, no more than the weights have room for
    std::size_t queue = 64;  // that wait
    std::size_t cache_bytes = std::size_t{64} << 20;
    std::chrono::seconds cache_age{600};
    std::chrono::seconds time_limit{30};  // of a wish
  };

  // Of those that wait, the one that asks for the fewest words decodes next; but so many times in a row at most before
  // the one that has waited longest. With m before it in the queue, a wish is overtaken max_overtakings * (m + 1) times
  // at most.
  static constexpr int max_overtakings = 3;

  Decoder(std::shared_ptr<Weights> weights, const Options& options, Metrics& metrics);
  ~Decoder();  // stops
  Decoder(const Decoder&) = delete;
  Decoder& operator=(const Decoder&) = delete;

  // nullptr: too many wait, or the decoder takes no more. A wish that the cache answers is done when this returns.
  [[nodiscard]] std::shared_ptr<Ticket> submit(Wish wish, std::shared_ptr<Watcher> watcher);

  // New wishes are computed with these; those before go on with their own.
  void use(std::shared_ptr<Weights> weights);
  [[nodiscard]] std::shared_ptr<Weights> weights() const;

  // Takes no more, and ends what is decoding, unfinished.
  void stop();
  // Takes no more, and waits until those that were taken are done, or for so long.
  void drain(std::chrono::milliseconds at_most);

  struct Load {
    std::size_t active = 0, queued = 0;
    double seconds_a_wish = 0;  // lately; 0: not known
  };
  [[nodiscard]] Load load() const;

 private:
  struct Job;
  using Clock = std::chrono::steady_clock;

  void run();
  void admit(std::unique_lock<std::mutex>& lock);
  std::shared_ptr<Job> next_of_queue();
  void begin(Job& job);
  void begin_early(Job& job);
  void begin_writing(Job& job);
  [[nodiscard]] std::shared_ptr<const Written> find_written(Job& job);
  [[nodiscard]] Result<> begin_request(Job& job);
  void step();
  void tell(Job& job);
  void tell_texts(Job& job);
  void tell_what_is_known(Job& job);
  void finish(Job& job, const Result<Outcome>& outcome);
  std::vector<std::shared_ptr<Ticket>> tickets_of(Job& job);

  const Options options_;
  Metrics& metrics_;
  Cache<Intent> intents_;
  Cache<Written> written_;

  mutable std::mutex mutex_;
  std::condition_variable wake_, idle_;
  std::shared_ptr<Weights> weights_;
  std::deque<std::shared_ptr<Job>> queue_;            // as they came
  int overtakings_ = 0;                               // since the oldest of the queue had its turn
  std::map<std::string, std::shared_ptr<Job>> open_;  // waiting or decoding, by what is wished
  std::size_t n_active_ = 0;
  bool draining_ = false, stopping_ = false;
  double seconds_a_wish_ = 0;

  std::vector<std::shared_ptr<Job>> active_;  // the thread's own
  std::thread thread_;
};

}  // namespace updraft::server
