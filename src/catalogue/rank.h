// From the lists that several queries got from several indexes to one order.
#pragma once

#include <span>
#include <string>
#include <vector>

#include "catalogue/backend.h"

namespace updraft::catalogue {

struct RankedList {
  std::size_t query = 0;
  IndexKind index = IndexKind::words;
  double weight = 1;
  std::vector<Found> found;  // best first
};

struct Fused {
  std::string id;
  double score = 0;
  double popularity = 0;
  std::vector<Evidence> evidence;  // in the order of the lists
};

// The authors take 60; where many lists are fused, as here, less keeps what stands high in a few of them
// (docs/quality.md).
inline constexpr double rank_constant = 20;

// Reciprocal rank fusion (Cormack, Clarke and Büttcher, SIGIR 2009): the sum of weight / (20 + rank) over the lists.
// Best first; ties by popularity, then by id.
[[nodiscard]] std::vector<Fused> fuse(std::span<const RankedList> lists);

// The cosine of two points of unit length; 0 where one is 0.
[[nodiscard]] float similarity(std::span<const float> a, std::span<const float> b);

// From which on two assets hardly differ.
inline constexpr float same = 0.95F;

// The relevance of the first hits, told anew from what they mean. Each has what its rank says and its mean cosine to
// what was asked for; half of that is taken from the ten that are nearest to it, each by its cosine: what is alike
// answers alike (score regularization: Diaz, CIKM 2005). Where there are fewer they count the less; an asset without a
// point keeps its own. relevance [n], 0..1; points [n, dimension] and asked [k, dimension], of unit length, or 0.
// Returns [n], 0..1.
[[nodiscard]] std::vector<double> rerank(std::span<const double> relevance, std::span<const float> points,
                                         std::span<const float> asked, std::size_t dimension);

// Maximal marginal relevance (Carbonell and Goldstein, SIGIR 1998): each next one has the most of
//   lambda * relevance - (1 - lambda) * greatest cosine to one chosen before.
// relevance [n], 0..1; points [n, dimension], of unit length, or 0. Ties go to the earlier. Returns an order of [0, n),
// whose beginning does not depend on how much of it is used.
[[nodiscard]] std::vector<std::size_t> diversify(std::span<const double> relevance, std::span<const float> points,
                                                 std::size_t dimension, double lambda);

}  // namespace updraft::catalogue
