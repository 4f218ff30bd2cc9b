#include "learn/cross_scorer_trainer.h"

#include <unistd.h>

#include <algorithm>
#include <chrono>
#include <cmath>
#include <cstdio>
#include <thread>

#include "corpus/corpus.h"
#include "eval/metrics.h"
#include "gguf/writer.h"
#include "learn/cross_scorer_data.h"
#include "learn/cross_scorer_measure.h"
#include "learn/cross_scorer_net.h"
#include "learn/schedule.h"

namespace updraft::learn {
namespace {

using Clock = std::chrono::steady_clock;

// On a terminal a line that changes, else a line for each twentieth.
class Progress {
 public:
  explicit Progress(const char* what) : what_(what) {}
  void operator()(std::size_t done, std::size_t all, const std::string& more = "") {
    const double seconds = std::chrono::duration<double>(Clock::now() - start_).count();
    const std::size_t part = done * 20 / all;
    if (part == last_part_ && !(on_terminal_ && done % 16 == 0)) return;
    last_part_ = part;
    const auto left = static_cast<long>(seconds / static_cast<double>(done) * static_cast<double>(all - done));
    std::fprintf(stderr, "%s%s %zu of %zu%s, %ld:%02ld left%s", on_terminal_ ? "\r\033[K" : "", what_, done, all,
                 more.c_str(), left / 60, left % 60, on_terminal_ && done < all ? "" : "\n");
  }

 private:
  const char* what_;
  bool on_terminal_ = isatty(fileno(stderr)) != 0;
  std::size_t last_part_ = 0;
  Clock::time_point start_ = Clock::now();
};

constexpr std::size_t items_a_step = 64;

template <class T>
void shuffle(std::vector<T>& all, decode::Random& random) {
  for (std::size_t i = all.size(); i > 1; --i) {
    std::swap(all[i - 1], all[random.below(i)]);
  }
}

// Moves each task's logits so that half of the teacher's prompts get odds of 9 to 1 or more: what answers better than
// the teacher is hardly worth more.
void set_teachers_odds(const CrossScorerData& data, reward::CrossScorerWeights& weights, decode::Random& random) {
  constexpr std::size_t n_measured = 2000;
  const reward::CrossScorer scorer(weights);
  for (const Task task : prompt_tasks) {
    auto items = data.items(task);
    shuffle(items, random);
    std::vector<double> logits;
    for (const auto& item : std::span(items).first(std::min(items.size(), n_measured))) {
      const CrossExample example = data.example(item, random);
      logits.push_back(
          scorer.logits(task, example.intent, example.prompts.front(), std::span(example.lexical).first(1)).front());
    }
    if (logits.empty()) continue;
    const double median = eval::quantile(std::move(logits), 0.5);
    weights.output_bias[static_cast<std::size_t>(task)] += static_cast<float>(std::log(9.0) - median);
  }
}

Result<> train_and_write(const ScorerOptions& options, const std::vector<corpus::Record>& records,
                         const encode::TextEncoder& encoder, const std::function<bool()>& stop) {
  const auto data =
      CrossScorerData::make(records, encoder, options.cache, options.seed,
                            [&, encoded = Progress("texts encoded:")](std::size_t n, std::size_t all) mutable {
                              encoded(n, all);
                              return !stop();
                            });
  if (!data) return tl::unexpected(data.error());
  CrossScorerNet net({.dimension = encoder.dimension(), .width = options.width, .hidden = options.hidden},
                     options.seed);
  decode::Random random = decode::Random::of(options.seed, 2, 0);
  std::vector<CrossScorerData::Item> items;
  for (const Task task : prompt_tasks) {
    const auto of_task = data->items(task);
    items.insert(items.end(), of_task.begin(), of_task.end());
  }
  const auto n_steps = static_cast<std::size_t>(
      std::ceil(options.passes * static_cast<double>(items.size()) / static_cast<double>(items_a_step)));
  const RateSchedule rates{.peak = options.learning_rate,
                           .steps = static_cast<std::int64_t>(n_steps),
                           .warmup_steps = 50,
                           .decay_share = 0.6};
  Progress told("steps:");
  double smooth = NAN;
  std::size_t at = items.size();
  for (std::size_t step = 1; step <= n_steps; ++step) {
    double loss = 0;
    for (std::size_t i = 0; i < items_a_step; ++i, ++at) {
      if (at == items.size()) {
        shuffle(items, random);
        at = 0;
      }
      loss += net.learn(data->example(items[at], random), options.dropout, random) / items_a_step;
    }
    if (!std::isfinite(loss)) {
      return fail(ErrorCode::invalid_argument, "the loss is not a number: lower the learning rate");
    }
    smooth = std::isnan(smooth) ? loss : 0.98 * smooth + 0.02 * loss;
    net.update(rates.at(static_cast<std::int64_t>(step)));
    told(step, n_steps, ", loss " + std::to_string(smooth));
    if (stop()) return fail(ErrorCode::cancelled, "stopped; no scorer was written");
  }
  const std::string about = "trained on " + std::to_string(records.size()) + " intents, " + std::to_string(n_steps) +
                            " steps, seed " + std::to_string(options.seed);
  reward::CrossScorerWeights weights = net.weights();
  set_teachers_odds(*data, weights, random);
  return gguf::write(options.out, weights.contents(about));
}

}  // namespace

Result<> train_scorer(const ScorerOptions& options, const std::function<bool()>& stop) {
  auto corpus = corpus::read(options.data);
  if (!corpus) return tl::unexpected(corpus.error());
  const int cores = static_cast<int>(std::max(1U, std::thread::hardware_concurrency()));
  const int threads = options.threads > 0 ? options.threads : cores;
  auto encoder = encode::TextEncoder::load(options.minilm, {.threads = threads});
  if (!encoder) return tl::unexpected(encoder.error());
  std::vector<corpus::Record>& records = corpus->train;
  decode::Random random(options.seed);
  shuffle(records, random);
  if (options.intents > 0) records.resize(std::min(records.size(), static_cast<std::size_t>(options.intents)));
  if (records.size() < 2) return fail(ErrorCode::invalid_argument, "the corpus has no intents to train on");

  if (!options.measure_only) {
    if (auto done = train_and_write(options, records, *encoder, stop); !done) return done;
  }
  auto cross = reward::CrossScorer::load(options.out, encoder->dimension());
  if (!cross) return tl::unexpected(cross.error());
  auto again = encode::TextEncoder::load(options.minilm, {.threads = threads});
  if (!again) return tl::unexpected(again.error());
  const reward::Scorer by_cosine(*std::move(again)), scorer(*std::move(encoder), *std::move(cross));
  const auto measured =
      measure_scorer(by_cosine, scorer, *corpus, static_cast<std::size_t>(options.measured_intents), options.seed);
  std::fputs(to_text(measured).c_str(), stdout);
  return {};
}

}  // namespace updraft::learn
