// What a run does when: which records stand in which step, and how fast it learns there.
#pragma once

#include <cstdint>
#include <utility>
#include <vector>

namespace updraft::learn {

// Which records stand in which step: whole epochs, each shuffled by its own seed, so that a resumed run goes on as if
// never stopped.
class Schedule {
 public:
  Schedule(std::vector<std::int64_t> sizes, std::int64_t tokens_a_step, std::uint64_t seed)
      : sizes_(std::move(sizes)), tokens_a_step_(tokens_a_step), seed_(seed) {}

  [[nodiscard]] std::vector<std::size_t> next();
  [[nodiscard]] double epochs() const {
    return static_cast<double>(epoch_) - 1 + static_cast<double>(at_) / static_cast<double>(sizes_.size());
  }

 private:
  void shuffle();

  std::vector<std::int64_t> sizes_;
  std::int64_t tokens_a_step_;
  std::uint64_t seed_;
  std::uint64_t epoch_ = 0;
  std::size_t at_ = 0;
  std::vector<std::size_t> order_;
};

// Rises over `warmup_steps`, stays, and falls to a twentieth along half a cosine in the last `decay_share` of `steps`:
// a run can be made longer while it runs.
struct RateSchedule {
  double peak = 4.5e-4;
  std::int64_t steps = 600;
  std::int64_t warmup_steps = 15;
  double decay_share = 0.35;

  [[nodiscard]] double at(std::int64_t step) const;  // step counts from 1
};

}  // namespace updraft::learn
