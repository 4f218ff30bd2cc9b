#include "server/appeals_reader.h"

#include <nlohmann/json.hpp>

#include "server/log.h"

namespace updraft::server {

using Clock = std::chrono::steady_clock;

AppealsReader::AppealsReader(const FeedbackStore& store, std::chrono::milliseconds interval)
    : store_(store), interval_(interval), thread_([this] { run(); }) {}

AppealsReader::~AppealsReader() {
  {
    const std::scoped_lock lock(mutex_);
    stopping_ = true;
  }
  wake_.notify_all();
  thread_.join();
}

std::shared_ptr<const Appeals> AppealsReader::newest() const {
  const std::scoped_lock lock(mutex_);
  return newest_;
}

void AppealsReader::run() {
  constexpr int pause = 20;  // times as long as reading takes, at least
  while (true) {
    const auto begun = Clock::now();
    try {
      read();
    } catch (const std::exception& error) {  // out of memory, most likely
      log(Level::error, "appeals", {{"message", error.what()}});
    }
    const auto wait = std::max<Clock::duration>(interval_, pause * (Clock::now() - begun));
    std::unique_lock lock(mutex_);
    if (wake_.wait_for(lock, wait, [&] { return stopping_; })) return;
  }
}

void AppealsReader::read() {
  auto appeals = store_.appeals();
  if (!appeals) return log(Level::warning, "appeals", {{"message", appeals.error().message}});
  auto fresh = std::make_shared<const Appeals>(*std::move(appeals));
  const std::scoped_lock lock(mutex_);
  newest_.swap(fresh);  // what was known before goes outside of the lock
}

}  // namespace updraft::server
