#include "learn/schedule.h"

#include <algorithm>
#include <cmath>
#include <numbers>
#include <numeric>
#include <random>

namespace updraft::learn {

std::vector<std::size_t> Schedule::next() {
  std::vector<std::size_t> indices;
  for (std::int64_t tokens = 0; tokens < tokens_a_step_;) {
    if (at_ == order_.size()) shuffle();
    tokens += sizes_[order_[at_]];
    indices.push_back(order_[at_++]);
  }
  return indices;
}

void Schedule::shuffle() {
  order_.resize(sizes_.size());
  std::iota(order_.begin(), order_.end(), std::size_t{0});
  std::mt19937_64 random(seed_ * 1000003 + epoch_++);
  std::shuffle(order_.begin(), order_.end(), random);
  at_ = 0;
}

double RateSchedule::at(std::int64_t step) const {
  constexpr double floor = 0.05;
  const auto at = static_cast<double>(step), all = static_cast<double>(steps);
  const double warm = std::min(1.0, at / static_cast<double>(std::max<std::int64_t>(1, warmup_steps)));
  const double decay_steps = decay_share * all;
  const double done = (at - (all - decay_steps)) / std::max(1.0, decay_steps);
  const double cosine = done <= 0 ? 1.0 : 0.5 * (1 + std::cos(std::numbers::pi * std::min(1.0, done)));
  return peak * warm * (floor + (1 - floor) * cosine);
}

}  // namespace updraft::learn
