// What is counted and measured: for Prometheus, and in short for the studio's live page.
#pragma once

#include <prometheus/counter.h>
#include <prometheus/gauge.h>
#include <prometheus/histogram.h>
#include <prometheus/registry.h>

#include <array>
#include <chrono>
#include <mutex>
#include <string>

namespace updraft::server {

// Of the last seconds, in seconds of their own.
class Recent {
 public:
  using Clock = std::chrono::steady_clock;

  void add(double ms, std::size_t suggestions, Clock::time_point now = Clock::now());

  struct Figures {
    double requests_per_s = 0, suggestions_per_s = 0;
    double p50_ms = 0, p99_ms = 0;  // 0: nothing was asked for lately
  };
  [[nodiscard]] Figures figures(Clock::time_point now = Clock::now()) const;

 private:
  static constexpr std::size_t kept = 2048;
  static constexpr std::chrono::seconds window{10};

  struct Sample {
    Clock::time_point at;
    double ms = 0;
    std::size_t suggestions = 0;
  };
  mutable std::mutex mutex_;
  std::array<Sample, kept> samples_{};
  std::size_t count_ = 0;  // ever
};

class Metrics {
 public:
  Metrics();

  // Any thread. `route` is a pattern, never what somebody typed.
  void request(const std::string& route, int status, double seconds);

  prometheus::Gauge& connections;
  prometheus::Gauge& active;  // decodings
  prometheus::Gauge& queued;
  prometheus::Gauge& ready;
  prometheus::Counter& suggestions;
  prometheus::Counter& decoded_tokens;
  prometheus::Counter& cache_hits;
  prometheus::Counter& cache_misses;
  prometheus::Counter& joined;         // a decoding that was there already
  prometheus::Counter& shed;           // answered 429
  prometheus::Counter& early;          // begun before they were understood
  prometheus::Counter& early_dropped;  // of these, those that were meant in other words
  prometheus::Counter& superseded;     // by a newer one of the session
  prometheus::Counter& gone;           // clients that went away before the answer
  prometheus::Counter& feedback_events;
  prometheus::Counter& reloads;
  prometheus::Histogram& step_seconds;        // of a batch
  prometheus::Histogram& growing_texts;       // in a batch
  prometheus::Histogram& waiting_seconds;     // in the queue
  prometheus::Histogram& first_text_seconds;  // from the request on
  prometheus::Histogram& candidates;          // drawn for each suggestion
  prometheus::Histogram& look_seconds;        // at a picture
  Recent suggest_requests;

  // In Prometheus' text format.
  [[nodiscard]] std::string text();

 private:
  Metrics(std::shared_ptr<prometheus::Registry> registry);

  std::shared_ptr<prometheus::Registry> registry_;
  prometheus::Family<prometheus::Counter>& requests_;
  prometheus::Family<prometheus::Histogram>& request_seconds_;
  prometheus::Gauge& rss_bytes_;
};

// Of this process, now.
[[nodiscard]] double rss_mb();

}  // namespace updraft::server
