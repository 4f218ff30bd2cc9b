// How good a ranking is, by which of the ids in it are relevant.
#pragma once

#include <cstddef>
#include <cstdint>
#include <set>
#include <span>
#include <string>

namespace updraft::eval {

// Normalised discounted cumulative gain of the first k (Järvelin and Kekäläinen 2002): each relevant id gains
// 1 / log2(1 + its place, from 1), as a share of what the best ranking gains, of which
// `n_ideal` places at most are worth something. 0 when nothing is relevant.
[[nodiscard]] double ndcg(std::span<const std::string> ranked, const std::set<std::string>& relevant, std::size_t k,
                          std::size_t n_ideal = SIZE_MAX);

// The share of the relevant ids that is among the first k; of more than k relevant ones, of k. 0 when nothing is.
[[nodiscard]] double recall(std::span<const std::string> ranked, const std::set<std::string>& relevant, std::size_t k);

// The share of the first k, or of as many as there are, that is relevant; 0 when there is none.
[[nodiscard]] double precision(std::span<const std::string> ranked, const std::set<std::string>& relevant,
                               std::size_t k);

}  // namespace updraft::eval
