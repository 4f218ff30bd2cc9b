// Where a benchmark runs, and what else ran there.
#pragma once

#include <string>
#include <vector>

namespace updraft::bench {

[[nodiscard]] std::string processor();  // its model's name

struct Spread {
  double min, median, max;
};
[[nodiscard]] Spread spread(const std::vector<double>& values);

// What the machine did while something was measured on it.
struct Conditions {
  double others = 0;  // processors that other programs kept busy
  // Dependent additions a nanosecond on one core, between measurements: the clock, less what neighbours on the same
  // host and power limits take of it, which no counter of a virtual machine tells.
  Spread ghz = {};

  [[nodiscard]] std::string text() const;  // "a core ran at 2.9 (2.7-3.1) GHz"
};

// From its making to end().
class Watch {
 public:
  Watch();
  void look();  // at the clock, before a measurement; takes some milliseconds
  [[nodiscard]] Conditions end();

 private:
  // Seconds that the processors of this machine have worked for anybody since it started, and for us and our finished
  // children.
  struct Work {
    double all = 0, ours = 0;
    [[nodiscard]] static Work now();
  };
  Work before_;
  double start_;
  std::vector<double> ghz_;
};

}  // namespace updraft::bench
