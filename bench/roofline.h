// The roofline (Williams, Waterman, Patterson 2009): what a pass through the model must read and compute, how long this
// machine takes for that at best, how near to it each step comes, and where the rest goes.
#pragma once

#include <string>

namespace updraft::bench {

struct RooflineOptions {
  std::string model;    // GGUF file, a quantised Llama
  int threads = 2;      // 1..256
  std::string kernels;  // a set's name; empty: the best that this machine supports
  bool markdown = false;
  int profiled_rows = 0;  // not 0: nothing but passes of so many rows for some seconds, and no tables
  std::string json, svg;  // where report and chart go; empty: nowhere
};

// Prints tables. Returns a program's exit code.
[[nodiscard]] int roofline(const RooflineOptions& options);

}  // namespace updraft::bench
