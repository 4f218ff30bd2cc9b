#include "eval/ranking.h"

#include <algorithm>
#include <cmath>

namespace updraft::eval {
namespace {

double gain(std::size_t place) { return 1 / std::log2(1 + static_cast<double>(place)); }

std::size_t count(std::span<const std::string> ranked, const std::set<std::string>& relevant, std::size_t k) {
  const auto first = ranked.first(std::min(k, ranked.size()));
  return static_cast<std::size_t>(
      std::count_if(first.begin(), first.end(), [&](const std::string& id) { return relevant.contains(id); }));
}

double share(std::size_t n, std::size_t of) { return of == 0 ? 0 : static_cast<double>(n) / static_cast<double>(of); }

}  // namespace

double ndcg(std::span<const std::string> ranked, const std::set<std::string>& relevant, std::size_t k,
            std::size_t n_ideal) {
  double gained = 0, best = 0;
  for (std::size_t i = 0; i < std::min(k, ranked.size()); ++i) {
    if (relevant.contains(ranked[i])) gained += gain(i + 1);
  }
  for (std::size_t i = 0; i < std::min({k, relevant.size(), n_ideal}); ++i) best += gain(i + 1);
  return best > 0 ? std::min(gained / best, 1.0) : 0;
}

double recall(std::span<const std::string> ranked, const std::set<std::string>& relevant, std::size_t k) {
  return share(count(ranked, relevant, k), std::min(k, relevant.size()));
}

double precision(std::span<const std::string> ranked, const std::set<std::string>& relevant, std::size_t k) {
  return share(count(ranked, relevant, k), std::min(k, ranked.size()));
}

}  // namespace updraft::eval
