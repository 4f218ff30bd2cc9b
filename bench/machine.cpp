#include "bench/machine.h"

#include <unistd.h>

#include <algorithm>
#include <array>
#include <cstdio>
#include <fstream>

#include "bench/workload.h"

namespace updraft::bench {
namespace {

double additions_a_nanosecond() {
  constexpr long n = 8'000'000;
  const double start = now_ms();
  long x = 0;
  for (long i = 0; i < n; ++i) {
    x += i;
    asm volatile("" : "+r"(x));  // each one is made, after the one before
  }
  return static_cast<double>(n) * 1e-6 / (now_ms() - start);
}

}  // namespace

std::string processor() {
  std::ifstream info("/proc/cpuinfo");
  for (std::string line; std::getline(info, line);)
    if (line.starts_with("model name")) return line.substr(line.find(':') + 2);
  return "unknown processor";
}

std::string Conditions::text() const {
  std::array<char, 80> text;
  std::snprintf(text.data(), text.size(), "a core ran at %.1f (%.1f-%.1f) GHz", ghz.median, ghz.min, ghz.max);
  return text.data();
}

Watch::Watch() : before_(Work::now()), start_(now_ms()) {}

void Watch::look() { ghz_.push_back(additions_a_nanosecond()); }

Conditions Watch::end() {
  const double seconds = (now_ms() - start_) / 1000;
  const Work after = Work::now();
  look();
  return {.others = (after.all - before_.all - (after.ours - before_.ours)) / seconds, .ghz = spread(ghz_)};
}

Watch::Work Watch::Work::now() {
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

Spread spread(const std::vector<double>& values) {
  return {*std::min_element(values.begin(), values.end()), median(values),
          *std::max_element(values.begin(), values.end())};
}

}  // namespace updraft::bench
