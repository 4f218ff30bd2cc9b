#include "bench/machine.h"

#include <unistd.h>

#include <algorithm>
#include <fstream>

#include "bench/workload.h"

namespace updraft::bench {

std::string processor() {
  std::ifstream info("/proc/cpuinfo");
  for (std::string line; std::getline(info, line);)
    if (line.starts_with("model name")) return line.substr(line.find(':') + 2);
  return "unknown processor";
}

Work Work::now() {
  const double tick = 1.0 / static_cast<double>(sysconf(_SC_CLK_TCK));
  std::ifstream stat("/proc/stat");
  std::string name;
  double user = 0, nice = 0, system = 0, idle = 0, iowait = 0, irq = 0, softirq = 0, steal = 0;
  stat >> name >> user >> nice >> system >> idle >> iowait >> irq >> softirq >> steal;
  std::ifstream self("/proc/self/stat");
  std::string word;
  double ours = 0;
  for (int field = 1; field <= 17 && self >> word; ++field)
    if (field >= 14) ours += std::stod(word);  // utime, stime, cutime, cstime
  return {(user + nice + system + irq + softirq + steal) * tick, ours * tick};
}

double disturbance(const Work& before, double seconds) {
  const Work after = Work::now();
  return (after.all - before.all - (after.ours - before.ours)) / seconds;
}

Spread spread(const std::vector<double>& values) {
  return {*std::min_element(values.begin(), values.end()), median(values),
          *std::max_element(values.begin(), values.end())};
}

}  // namespace updraft::bench
