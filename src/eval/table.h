// Markdown tables that people can read as they are.
#pragma once

#include <cstdio>
#include <string>
#include <vector>

#include "eval/metrics.h"

namespace updraft::eval {

using Row = std::vector<std::string>;

// The first row holds the titles; the first column stands to the left, the others to the right. At least one row, all
// of one length.
[[nodiscard]] std::string table(const std::vector<Row>& rows);

// A short text by printf's rules, cut at 255 bytes.
template <class... Values>
[[nodiscard]] std::string print(const char* format, Values... values) {
  char line[256];
  std::snprintf(line, sizeof line, format, values...);
  return line;
}

// "93.1 %"; empty for a mean of nothing.
[[nodiscard]] std::string percent(const Mean& mean);

}  // namespace updraft::eval
