#include "server/metrics.h"

#include <prometheus/text_serializer.h>
#include <unistd.h>

#include <algorithm>
#include <cmath>
#include <fstream>
#include <vector>

namespace updraft::server {
namespace {

using prometheus::BuildCounter;
using prometheus::BuildGauge;
using prometheus::BuildHistogram;
using prometheus::Registry;
using Buckets = prometheus::Histogram::BucketBoundaries;

prometheus::Counter& counter(Registry& registry, const char* name, const char* help) {
  return BuildCounter().Name(name).Help(help).Register(registry).Add({});
}

prometheus::Gauge& gauge(Registry& registry, const char* name, const char* help) {
  return BuildGauge().Name(name).Help(help).Register(registry).Add({});
}

prometheus::Histogram& histogram(Registry& registry, const char* name, const char* help, const Buckets& buckets) {
  return BuildHistogram().Name(name).Help(help).Register(registry).Add({}, buckets);
}

const Buckets& seconds() {
  static const Buckets buckets = {0.001, 0.0025, 0.005, 0.01, 0.025, 0.05, 0.1, 0.2, 0.3, 0.5, 1, 2, 5, 10, 30};
  return buckets;
}

}  // namespace

double rss_mb() {
  std::ifstream statm("/proc/self/statm");
  double size = 0, resident = 0;
  statm >> size >> resident;
  return resident * static_cast<double>(sysconf(_SC_PAGESIZE)) / (1 << 20);
}

void Recent::add(double ms, std::size_t suggestions, Clock::time_point now) {
  const std::scoped_lock lock(mutex_);
  samples_[count_++ % kept] = {now, ms, suggestions};
}

Recent::Figures Recent::figures(Clock::time_point now) const {
  std::vector<double> times;
  Figures figures;
  double suggestions = 0, span = std::chrono::duration<double>(window).count();
  {
    const std::scoped_lock lock(mutex_);
    const std::size_t n = std::min(count_, kept);
    Clock::time_point oldest = now;
    for (std::size_t i = 0; i < n; ++i) {
      const Sample& sample = samples_[i];
      oldest = std::min(oldest, sample.at);
      if (now - sample.at > window) continue;
      times.push_back(sample.ms);
      suggestions += static_cast<double>(sample.suggestions);
    }
    // So many in so short a time that older ones were written over.
    if (n == kept && now - oldest < window) {
      span = std::max(1e-3, std::chrono::duration<double>(now - oldest).count());
    }
  }
  figures.requests_per_s = static_cast<double>(times.size()) / span;
  figures.suggestions_per_s = suggestions / span;
  const auto quantile = [&](double q) {
    if (times.empty()) return 0.0;
    const auto at = static_cast<std::ptrdiff_t>(std::lround(q * static_cast<double>(times.size() - 1)));
    std::nth_element(times.begin(), times.begin() + at, times.end());
    return times[static_cast<std::size_t>(at)];
  };
  figures.p50_ms = quantile(0.5);
  figures.p99_ms = quantile(0.99);
  return figures;
}

Metrics::Metrics() : Metrics(std::make_shared<Registry>()) {}

Metrics::Metrics(std::shared_ptr<Registry> registry)
    : connections(gauge(*registry, "updraft_connections", "Open connections")),
      active(gauge(*registry, "updraft_active", "Requests that decode")),
      queued(gauge(*registry, "updraft_queued", "Requests that wait to decode")),
      ready(gauge(*registry, "updraft_ready", "1: requests are taken")),
      suggestions(counter(*registry, "updraft_suggestions_total", "Suggestions that were given")),
      decoded_tokens(counter(*registry, "updraft_decoded_tokens_total", "Tokens of texts that were drawn")),
      cache_hits(counter(*registry, "updraft_cache_hits_total", "Answers that were there already")),
      cache_misses(counter(*registry, "updraft_cache_misses_total", "Answers that had to be computed")),
      joined(counter(*registry, "updraft_joined_total", "Requests that joined the decoding of the same request")),
      shed(counter(*registry, "updraft_shed_total", "Requests that were refused because too many waited")),
      early(counter(*registry, "updraft_early_total", "Requests whose texts grew before they were understood")),
      early_dropped(
          counter(*registry, "updraft_early_dropped_total", "Of these, those that were meant in other words")),
      superseded(counter(*registry, "updraft_superseded_total", "Requests that a newer one of their session ended")),
      gone(counter(*registry, "updraft_gone_total", "Clients that went away before their answer")),
      feedback_events(counter(*registry, "updraft_feedback_events_total", "Events of feedback that were stored")),
      reloads(counter(*registry, "updraft_reloads_total", "Times that the weights were loaded again")),
      step_seconds(histogram(*registry, "updraft_step_seconds", "Time of one token of a batch",
                             {0.001, 0.002, 0.004, 0.008, 0.016, 0.032, 0.064, 0.128, 0.256, 1})),
      growing_texts(
          histogram(*registry, "updraft_growing_texts", "Texts in a batch", {1, 2, 4, 8, 16, 24, 32, 48, 64, 96, 128})),
      waiting_seconds(histogram(*registry, "updraft_waiting_seconds", "Time in the queue", seconds())),
      first_text_seconds(histogram(*registry, "updraft_first_text_seconds",
                                   "Time from a request to the first of its texts that begins to grow", seconds())),
      candidates(histogram(*registry, "updraft_candidates", "Texts drawn for each suggestion", {1, 2, 3, 4, 6, 8})),
      look_seconds(histogram(*registry, "updraft_look_seconds", "Time of looking at a picture", seconds())),
      registry_(std::move(registry)),
      requests_(
          BuildCounter().Name("updraft_requests_total").Help("Requests by route and status").Register(*registry_)),
      request_seconds_(BuildHistogram()
                           .Name("updraft_request_seconds")
                           .Help("Time of a request, by route, to the end of its answer")
                           .Register(*registry_)),
      rss_bytes_(gauge(*registry_, "updraft_resident_bytes", "Memory of the process")) {}

void Metrics::request(const std::string& route, int status, double time) {
  requests_.Add({{"route", route}, {"status", std::to_string(status)}}).Increment();
  request_seconds_.Add({{"route", route}}, seconds()).Observe(time);
}

std::string Metrics::text() {
  rss_bytes_.Set(rss_mb() * (1 << 20));
  return prometheus::TextSerializer().Serialize(registry_->Collect());
}

}  // namespace updraft::server
