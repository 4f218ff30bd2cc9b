// Values by key, the ones used last, within a size and an age.
#pragma once

#include <chrono>
#include <cstddef>
#include <list>
#include <memory>
#include <mutex>
#include <string>
#include <string_view>
#include <unordered_map>
#include <utility>

namespace updraft::server {

template <class Value>
class Cache {
 public:
  using Clock = std::chrono::steady_clock;

  // No bytes or no age: nothing is kept.
  Cache(std::size_t max_bytes, std::chrono::seconds max_age) : max_bytes_(max_bytes), max_age_(max_age) {}

  // nullptr: it is not there, or too old.
  [[nodiscard]] std::shared_ptr<const Value> find(const std::string& key, Clock::time_point now = Clock::now()) {
    const std::scoped_lock lock(mutex_);
    const auto found = by_key_.find(key);
    if (found == by_key_.end()) return nullptr;
    if (now - found->second->since >= max_age_) {
      drop(found->second);
      return nullptr;
    }
    entries_.splice(entries_.begin(), entries_, found->second);
    return found->second->value;
  }

  // `bytes` is what the value takes, about.
  void put(const std::string& key, std::shared_ptr<const Value> value, std::size_t bytes,
           Clock::time_point now = Clock::now()) {
    constexpr std::size_t overhead = 256;
    bytes += 2 * key.size() + overhead;
    const std::scoped_lock lock(mutex_);
    if (const auto found = by_key_.find(key); found != by_key_.end()) drop(found->second);
    if (bytes > max_bytes_ || max_age_.count() == 0) return;
    entries_.push_front({key, std::move(value), bytes, now});
    by_key_[key] = entries_.begin();
    bytes_ += bytes;
    while (bytes_ > max_bytes_) drop(std::prev(entries_.end()));
  }

  void clear() {
    const std::scoped_lock lock(mutex_);
    by_key_.clear();
    entries_.clear();
    bytes_ = 0;
  }

  [[nodiscard]] std::size_t bytes() const {
    const std::scoped_lock lock(mutex_);
    return bytes_;
  }

 private:
  struct Entry {
    std::string key;
    std::shared_ptr<const Value> value;
    std::size_t bytes = 0;
    Clock::time_point since;
  };
  using Place = typename std::list<Entry>::iterator;

  void drop(Place entry) {
    bytes_ -= entry->bytes;
    by_key_.erase(entry->key);
    entries_.erase(entry);
  }

  const std::size_t max_bytes_;
  const std::chrono::seconds max_age_;
  mutable std::mutex mutex_;
  std::list<Entry> entries_;  // the one used last first
  std::unordered_map<std::string, Place> by_key_;
  std::size_t bytes_ = 0;
};

}  // namespace updraft::server
