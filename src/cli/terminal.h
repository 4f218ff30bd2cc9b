// Text for people: made safe for a terminal, coloured and wrapped where there is one.
#pragma once

#include <cstddef>
#include <cstdio>
#include <string>
#include <string_view>

namespace updraft::cli {

// One line of valid UTF-8 in which nothing steers a terminal: white space becomes a space, control characters,
// bidirectional overrides and invalid bytes become U+FFFD.
[[nodiscard]] std::string printable(std::string_view text);

// Columns that printable text takes.
[[nodiscard]] std::size_t display_width(std::string_view text);

// Breaks printable text between words into lines of at most `width` columns, the first one beginning at `column`;
// further lines are indented by `indent`. A word wider than a line stands alone. width 0: no breaks.
[[nodiscard]] std::string wrap(std::string_view text, std::size_t width, std::size_t column, std::size_t indent);

// Filled up with spaces to `width` bytes: before the text, or behind it.
[[nodiscard]] std::string right(std::string_view text, std::size_t width);
[[nodiscard]] std::string left(std::string_view text, std::size_t width);
[[nodiscard]] std::string number(double value, int decimals);

struct Terminal {
  bool colour = false;
  std::size_t width = 0;  // columns; 0: not a terminal, lines are left whole

  // Coloured only when `stream` is a terminal, NO_COLOR is unset or empty, and TERM is not "dumb".
  [[nodiscard]] static Terminal of(std::FILE* stream);

  [[nodiscard]] std::string heading(std::string_view text) const;
  [[nodiscard]] std::string title(std::string_view text) const;
  [[nodiscard]] std::string faint(std::string_view text) const;
};

}  // namespace updraft::cli
