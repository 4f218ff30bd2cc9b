// How likely people look at all where something is shown: the position-based click model. What is looked at depends on
// the position alone, and what is done with it then on the thing alone:
//
//     P(somebody acts on thing q at position k) = look[k] * appeal[q]
//
// (Craswell, Zoeter, Taylor, Ramsey 2008, "An experimental comparison of click position-bias models".) The two are
// estimated from what was shown and done in turns, each as acts over the acts that the other one leads to expect
// (clicks over expected clicks: Zhang and Jones 2007, "Comparing click logs and editorial labels for training query
// rewriting"), which is maximum likelihood with acts as Poisson events, until nothing changes: some twenty rounds,
// where expectation maximisation takes thousands when few people act. Appeals have a Beta prior that is fitted to what
// was shown at one position. It tells position from appeal where things change their positions; as far as they do not,
// it takes positions to show equal appeal.
#pragma once

#include <cstddef>
#include <span>
#include <vector>

namespace updraft::feedback {

// Of one thing at one position.
struct Shown {
  std::size_t thing = 0;
  std::size_t position = 0;
  double shown = 0;  // how often, above 0
  double acted = 0;  // in how many of these something was done with it, 0..shown
};

// look[k] for 0..n_positions - 1, each in (0, 1], the largest 1. A position that was hardly shown is taken to be like
// the one above it. Without any acts all are 1.
[[nodiscard]] std::vector<double> estimate_looks(std::span<const Shown> all, std::size_t n_things,
                                                 std::size_t n_positions);

}  // namespace updraft::feedback
