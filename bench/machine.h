// Where a benchmark runs, and what else ran there.
#pragma once

#include <string>
#include <vector>

namespace updraft::bench {

[[nodiscard]] std::string processor();  // its model's name

// Seconds that the processors of this machine have worked for anybody since it started, and for us and our finished
// children.
struct Work {
  double all = 0, ours = 0;
  [[nodiscard]] static Work now();
};

// How many processors other programs kept busy since `before`, `seconds` ago.
[[nodiscard]] double disturbance(const Work& before, double seconds);

struct Spread {
  double min, median, max;
};
[[nodiscard]] Spread spread(const std::vector<double>& values);

}  // namespace updraft::bench
