#include "catalogue/weaviate_lease.h"

#include <algorithm>
#include <charconv>

#include "catalogue/weaviate_schema.h"

namespace updraft::catalogue {
namespace {

using Clock = std::chrono::steady_clock;

constexpr std::uint64_t kept_aliases = 16;  // so that one who has slept through some cannot make an old one again

std::string alias_of(const std::string& name, std::uint64_t number) {
  return name + "_writer_" + std::to_string(number);
}

// 0: it is no such alias.
std::uint64_t number_in(const std::string& alias, const std::string& name) {
  const std::string beginning = alias_of(name, 0).substr(0, name.size() + 8);
  std::uint64_t number = 0;
  if (!alias.starts_with(beginning)) return 0;
  const char* const end = alias.data() + alias.size();
  const auto [last, error] = std::from_chars(alias.data() + beginning.size(), end, number);
  return error == std::errc() && last == end ? number : 0;
}

struct Writers {
  std::uint64_t newest = 0, oldest = 0;
};

Result<Writers> writers(Cluster& cluster) {
  const auto aliases = cluster.aliases(state_collection(cluster.name()));
  if (!aliases) return tl::unexpected(aliases.error());
  Writers all;
  for (const std::string& alias : *aliases) {
    const std::uint64_t number = number_in(alias, cluster.name());
    all.newest = std::max(all.newest, number);
    if (number != 0) all.oldest = all.oldest == 0 ? number : std::min(all.oldest, number);
  }
  return all;
}

// What the holder wrote last.
Result<std::string> shown(Cluster& cluster) {
  const auto object = cluster.object(state_collection(cluster.name()), writer_uuid);
  if (!object) return tl::unexpected(object.error());
  return *object ? (**object).value : std::string();
}

std::string value_of(std::uint64_t number, const std::string& what) { return std::to_string(number) + " " + what; }

tl::unexpected<Error> another_writes(const Cluster& cluster) {
  return fail(ErrorCode::io, cluster.name() + ": another process is writing to this catalogue");
}

// Waits until it can be told that the writer of this number is gone.
Result<> watch(Cluster& cluster, std::uint64_t number) {
  const auto first = shown(cluster);
  if (!first) return tl::unexpected(first.error());
  if (*first == value_of(number, "released")) return {};
  const auto end = Clock::now() + Lease::silence;
  while (Clock::now() < end) {
    std::this_thread::sleep_for(Lease::beat / 4);
    const auto now = shown(cluster);
    if (!now) return tl::unexpected(now.error());
    if (*now == value_of(number, "released")) return {};
    if (*now != *first) return another_writes(cluster);
  }
  return {};
}

}  // namespace

Result<std::unique_ptr<Lease>> Lease::take(Cluster& cluster, std::uint64_t after) {
  const auto all = writers(cluster);
  if (!all) return tl::unexpected(all.error());
  if (all->newest > 0) {
    if (auto gone = watch(cluster, all->newest); !gone) return tl::unexpected(gone.error());
  }
  const std::uint64_t number = std::max(all->newest, after) + 1;
  const auto made = cluster.make_alias(alias_of(cluster.name(), number), state_collection(cluster.name()));
  if (!made) return tl::unexpected(made.error());
  if (!*made) return another_writes(cluster);
  std::unique_ptr<Lease> lease(new Lease(cluster, number));
  if (auto done = lease->write(0, /*released=*/false); !done) return tl::unexpected(done.error());
  for (std::uint64_t old = all->oldest; old != 0 && old + kept_aliases < number; ++old) {
    cluster.remove_alias(alias_of(cluster.name(), old));
  }
  lease->thread_ = std::jthread([lease = lease.get()](const std::stop_token& stop) { lease->keep_alive(stop); });
  return lease;
}

Lease::~Lease() {
  if (thread_.joinable()) {
    thread_.request_stop();
    thread_.join();
  }
  if (check()) (void)write(0, /*released=*/true);
}

Result<> Lease::check() {
  // Nobody else can have found it silent yet.
  if (Clock::now() - shown_.load() < silence / 2) return {};
  const auto all = writers(cluster_);
  if (!all) return tl::unexpected(all.error());
  if (all->newest != number_) return fail(ErrorCode::io, "another process has taken over the writing");
  return {};
}

Result<> Lease::write(std::uint64_t count, bool released) {
  const auto start = Clock::now();
  const std::string value = value_of(number_, released ? "released" : std::to_string(count));
  const std::string state = state_collection(cluster_.name());
  auto done = cluster_.put({value_object(state, writer_uuid, value)}, Cluster::Try::once);
  if (done) shown_ = start;
  return done;
}

void Lease::keep_alive(const std::stop_token& stop) {
  std::unique_lock lock(mutex_);
  for (std::uint64_t count = 1; !stop.stop_requested(); ++count) {
    stopped_.wait_for(lock, stop, beat, [] { return false; });
    // One that was silent for long must not disturb who has come after.
    if (!stop.stop_requested() && check()) (void)write(count, /*released=*/false);
  }
}

}  // namespace updraft::catalogue
