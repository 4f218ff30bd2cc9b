// How well probabilities keep their word, and a logistic regression that makes them do so.
#pragma once

#include <span>
#include <vector>

namespace updraft::eval {

struct Forecast {
  double probability = 0;
  bool right = false;
};

// Expected calibration error (Naeini, Cooper and Hauskrecht, AAAI 2015): the mean distance between the mean probability
// and the share that was right, over `bins` bins of equal width, each by how many fall into it. 0 for no forecasts.
[[nodiscard]] double calibration_error(std::span<const Forecast> forecasts, int bins = 10);

// The weights w for which sigmoid(w . x) fits best: the least cross-entropy with a small L2 penalty, by Newton's
// method. features [right.size(), n]; at least one row.
[[nodiscard]] std::vector<double> fit_logistic(std::span<const std::vector<double>> features,
                                               const std::vector<bool>& right);

}  // namespace updraft::eval
