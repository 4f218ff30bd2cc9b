#include "catalogue/rank.h"

#include <algorithm>
#include <array>
#include <numeric>
#include <tuple>
#include <unordered_map>

namespace updraft::catalogue {
namespace {

// Of rerank(). How they were chosen: docs/quality.md.
constexpr std::size_t neighbours = 10;
constexpr double of_neighbours = 0.5;

}  // namespace

// Sums in lanes that a compiler makes one register of.
float similarity(std::span<const float> a, std::span<const float> b) {
  constexpr std::size_t lanes = 8;
  std::array<float, lanes> sums{};
  std::size_t i = 0;
  for (; i + lanes <= a.size(); i += lanes) {
    for (std::size_t l = 0; l < lanes; ++l) sums[l] += a[i + l] * b[i + l];
  }
  for (; i < a.size(); ++i) sums[0] += a[i] * b[i];
  return std::accumulate(sums.begin(), sums.end(), 0.0F);
}

std::vector<Fused> fuse(std::span<const RankedList> lists) {
  std::vector<Fused> fused;
  std::unordered_map<std::string, std::size_t> places;
  for (const RankedList& list : lists) {
    for (std::size_t i = 0; i < list.found.size(); ++i) {
      const Found& found = list.found[i];
      const auto [place, is_new] = places.try_emplace(found.id, fused.size());
      if (is_new) fused.push_back({.id = found.id, .popularity = found.popularity, .evidence = {}});
      Fused& item = fused[place->second];
      item.score += list.weight / (rank_constant + static_cast<double>(i + 1));
      item.evidence.push_back({list.query, list.index, i + 1});
    }
  }
  std::sort(fused.begin(), fused.end(), [](const Fused& a, const Fused& b) {
    return std::tie(b.score, b.popularity, a.id) < std::tie(a.score, a.popularity, b.id);
  });
  return fused;
}

std::vector<double> rerank(std::span<const double> relevance, std::span<const float> points,
                           std::span<const float> asked, std::size_t dimension) {
  const std::size_t n = relevance.size(), n_asked = asked.size() / dimension;
  const auto point = [&](std::size_t i) { return points.subspan(i * dimension, dimension); };
  std::vector<double> own(relevance.begin(), relevance.end());
  for (std::size_t i = 0; i < n; ++i) {
    double sum = 0;
    for (std::size_t a = 0; a < n_asked; ++a) sum += similarity(point(i), asked.subspan(a * dimension, dimension));
    own[i] += sum / static_cast<double>(std::max<std::size_t>(n_asked, 1));
  }
  std::vector<double> out(own);
  for (std::size_t i = 0; i < n; ++i) {
    std::vector<std::pair<double, std::size_t>> near;
    for (std::size_t j = 0; j < n; ++j) {
      const double cosine = j == i ? 0 : similarity(point(i), point(j));
      if (cosine > 0) near.emplace_back(-cosine, j);
    }
    const std::size_t k = std::min(near.size(), neighbours);
    std::partial_sort(near.begin(), near.begin() + static_cast<std::ptrdiff_t>(k), near.end());
    double weights = 0, sum = 0;
    for (const auto& [minus_cosine, j] : std::span(near).first(k)) {
      weights -= minus_cosine;
      sum -= minus_cosine * own[j];
    }
    const double share = of_neighbours * static_cast<double>(k) / static_cast<double>(neighbours);
    if (weights > 0) out[i] = (1 - share) * own[i] + share * sum / weights;
  }
  if (out.empty()) return out;
  const auto [least, most] = std::minmax_element(out.begin(), out.end());
  const double low = *least, high = *most;
  for (double& one : out) one = high > low ? (one - low) / (high - low) : 1;
  return out;
}

std::vector<std::size_t> diversify(std::span<const double> relevance, std::span<const float> points,
                                   std::size_t dimension, double lambda) {
  const std::size_t n = relevance.size();
  const auto point = [&](std::size_t i) { return points.subspan(i * dimension, dimension); };
  std::vector<std::size_t> order;
  std::vector<double> nearest(n, 0);  // to what was chosen; being unlike it is no merit beyond 0
  std::vector<bool> chosen(n, false);
  while (order.size() < n) {
    std::size_t best = n;
    double best_value = 0;
    for (std::size_t i = 0; i < n; ++i) {
      if (chosen[i]) continue;
      const double value = lambda * relevance[i] - (1 - lambda) * nearest[i];
      if (best == n || value > best_value) {
        best = i;
        best_value = value;
      }
    }
    chosen[best] = true;
    order.push_back(best);
    for (std::size_t i = 0; i < n; ++i) {
      if (chosen[i]) continue;
      nearest[i] = std::max(nearest[i], static_cast<double>(similarity(point(best), point(i))));
    }
  }
  return order;
}

}  // namespace updraft::catalogue
