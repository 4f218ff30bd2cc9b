#include "eval/table.h"

#include <algorithm>

namespace updraft::eval {

std::string table(const std::vector<Row>& rows) {
  std::vector<std::size_t> widths(rows.front().size());
  for (const Row& row : rows) {
    for (std::size_t i = 0; i < row.size(); ++i) widths[i] = std::max(widths[i], row[i].size());
  }
  std::string out;
  for (std::size_t r = 0; r < rows.size(); ++r) {
    for (std::size_t i = 0; i < widths.size(); ++i) {
      const std::string space(widths[i] - rows[r][i].size(), ' ');
      out += i == 0 ? "| " + rows[r][i] + space : " | " + space + rows[r][i];
    }
    out += " |\n";
    if (r > 0) continue;
    for (std::size_t i = 0; i < widths.size(); ++i) {
      out += i == 0 ? '|' + std::string(widths[i] + 2, '-') : '|' + std::string(widths[i] + 1, '-') + ':';
    }
    out += "|\n";
  }
  return out;
}

std::string percent(const Mean& mean) { return mean.n > 0 ? print("%.1f %%", 100 * mean.value()) : ""; }

}  // namespace updraft::eval
