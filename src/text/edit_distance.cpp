#include "text/edit_distance.h"

#include <algorithm>
#include <array>

namespace updraft::text {

std::size_t edit_distance(std::u32string_view a, std::u32string_view b, std::size_t most) {
  if (a.size() > b.size()) std::swap(a, b);
  if (b.size() - a.size() > most || a.size() > longest_compared) return most + 1;
  // Rows of the table: two before, before, this one.
  std::array<std::array<std::size_t, longest_compared + 1>, 3> rows{};
  for (std::size_t i = 0; i <= a.size(); ++i) rows[1][i] = i;
  for (std::size_t j = 1; j <= b.size(); ++j) {
    rows[2][0] = j;
    std::size_t least = j;
    for (std::size_t i = 1; i <= a.size(); ++i) {
      const std::size_t replaced = rows[1][i - 1] + (a[i - 1] == b[j - 1] ? 0 : 1);
      rows[2][i] = std::min({rows[1][i] + 1, rows[2][i - 1] + 1, replaced});
      if (i > 1 && j > 1 && a[i - 1] == b[j - 2] && a[i - 2] == b[j - 1]) {
        rows[2][i] = std::min(rows[2][i], rows[0][i - 2] + 1);
      }
      least = std::min(least, rows[2][i]);
    }
    if (least > most) return most + 1;
    std::rotate(rows.begin(), rows.begin() + 1, rows.end());
  }
  return std::min(rows[1][a.size()], most + 1);
}

}  // namespace updraft::text
