#include "feedback/click_model.h"

#include <algorithm>
#include <cmath>

namespace updraft::feedback {
namespace {

constexpr double look_prior = 5;  // showings that each position begins with, like the one above it
constexpr double least = 1e-4;
constexpr int max_rounds = 300;
constexpr double change_at_end = 1e-5;

// How the appeals of things are spread: a Beta distribution, by its moments. What is shown at one position differs by
// more than chance as far as appeals differ. `strength` is that of so many looks at each thing.
struct Prior {
  double mean = 0;
  double strength = 0;
};

Prior prior_of(std::span<const Shown> all, std::span<const double> look, std::size_t n_things) {
  constexpr double weakest = 2, strongest = 500;
  std::vector<double> looks(n_things, 0), acts(n_things, 0);
  double all_looks = 0, all_acts = 0;
  for (const Shown& cell : all) {
    looks[cell.thing] += cell.shown * look[cell.position];
    acts[cell.thing] += cell.acted;
    all_looks += cell.shown * look[cell.position];
    all_acts += cell.acted;
  }
  const double mean = std::clamp(all_acts / all_looks, least, 1 - least);
  double spread = 0;  // the variance of appeals, without that of chance
  for (std::size_t q = 0; q < n_things; ++q) {
    if (looks[q] <= 0) continue;
    const double off = acts[q] / looks[q] - mean;
    spread += looks[q] / all_looks * (off * off - mean / looks[q]);
  }
  const double strength = spread <= 0 ? strongest : mean * (1 - mean) / spread - 1;
  return {mean, std::clamp(strength, weakest, strongest)};
}

}  // namespace

std::vector<double> estimate_looks(std::span<const Shown> all, std::size_t n_things, std::size_t n_positions) {
  std::vector<double> shown_at(n_positions, 0), acts_at(n_positions, 0);
  for (const Shown& cell : all) {
    shown_at[cell.position] += cell.shown;
    acts_at[cell.position] += cell.acted;
  }
  std::vector<double> look(n_positions, 1.0);
  if (std::all_of(acts_at.begin(), acts_at.end(), [](double acts) { return acts <= 0; })) return look;
  // Only the product of look and appeal is told by what was done.
  const auto scale = [&] {
    const double largest = *std::max_element(look.begin(), look.end());
    for (double& l : look) l = std::max(least, l / largest);
  };
  for (std::size_t k = 0; k < n_positions; ++k) look[k] = acts_at[k] / std::max(1.0, shown_at[k]);
  scale();
  for (int round = 0; round < max_rounds; ++round) {
    const Prior prior = prior_of(all, look, n_things);
    std::vector<double> looks(n_things, 0), acts(n_things, 0), expected(n_positions, 0);
    for (const Shown& cell : all) {
      looks[cell.thing] += cell.shown * look[cell.position];
      acts[cell.thing] += cell.acted;
    }
    for (const Shown& cell : all) {  // acts at the position, if everybody looked
      const std::size_t q = cell.thing;
      const double appeal = (prior.strength * prior.mean + acts[q]) / (prior.strength + looks[q]);
      expected[cell.position] += cell.shown * std::min(1.0, appeal);
    }
    const std::vector<double> before = look;
    for (std::size_t k = 0; k < n_positions; ++k) {
      const double above = look[k == 0 ? 0 : k - 1];
      look[k] = (look_prior * above + acts_at[k]) / (look_prior + expected[k]);
    }
    scale();
    double change = 0;
    for (std::size_t k = 0; k < n_positions; ++k) change = std::max(change, std::abs(look[k] - before[k]));
    if (change < change_at_end) break;
  }
  return look;
}

}  // namespace updraft::feedback
