#include "cli/terminal.h"

#include <sys/ioctl.h>
#include <unistd.h>
#include <utf8proc.h>
#include <array>

#include <cstdlib>

#include "text/utf8.h"

namespace updraft::cli {
namespace {

enum class Kind { visible, space, steering };

Kind kind_of(char32_t c) {
  switch (utf8proc_category(static_cast<utf8proc_int32_t>(c))) {
    case UTF8PROC_CATEGORY_ZS:
    case UTF8PROC_CATEGORY_ZL:
    case UTF8PROC_CATEGORY_ZP:
      return Kind::space;
    case UTF8PROC_CATEGORY_CC:
      return c == U'\t' || c == U'\n' || c == U'\r' || c == U'\v' || c == U'\f' ? Kind::space : Kind::steering;
    case UTF8PROC_CATEGORY_CF:  // embeddings, overrides and isolates of text direction
      return (c >= U'\u202A' && c <= U'\u202E') || (c >= U'\u2066' && c <= U'\u2069') ? Kind::steering : Kind::visible;
    case UTF8PROC_CATEGORY_CS:
      return Kind::steering;
    default:
      return Kind::visible;
  }
}

std::string painted(bool colour, std::string_view style, std::string_view text) {
  if (!colour) return std::string(text);
  return std::string("\033[").append(style).append("m").append(text).append("\033[0m");
}

bool is_set(const char* variable) {
  const char* value = std::getenv(variable);
  return value != nullptr && *value != '\0';
}

}  // namespace

std::string printable(std::string_view text) {
  std::string out;
  out.reserve(text.size());
  for (std::size_t at = 0; at < text.size();) {
    const std::size_t start = at;
    const char32_t c = text::next_codepoint(text, at);
    switch (kind_of(c)) {
      case Kind::visible:
        if (c == U'\uFFFD') {  // an invalid byte reads as this, too
          out += "\uFFFD";
        } else {
          out += text.substr(start, at - start);
        }
        break;
      case Kind::space:
        out += ' ';
        break;
      case Kind::steering:
        out += "\uFFFD";
        break;
    }
  }
  return out;
}

std::size_t display_width(std::string_view text) {
  std::size_t width = 0;
  for (std::size_t at = 0; at < text.size();) {
    const char32_t c = text::next_codepoint(text, at);
    width += static_cast<std::size_t>(utf8proc_charwidth(static_cast<utf8proc_int32_t>(c)));
  }
  return width;
}

std::string wrap(std::string_view text, std::size_t width, std::size_t column, std::size_t indent) {
  if (width == 0) return std::string(text);
  std::string out;
  bool line_is_empty = true;
  for (std::size_t at = 0; at < text.size();) {
    const std::size_t end = std::min(text.find(' ', at), text.size());
    const std::string_view word = text.substr(at, end - at);
    at = end + 1;
    if (word.empty()) continue;
    const std::size_t columns = display_width(word);
    if (!line_is_empty && column + 1 + columns > width) {
      out.append("\n").append(indent, ' ');
      column = indent;
      line_is_empty = true;
    }
    if (!line_is_empty) {
      out += ' ';
      ++column;
    }
    out += word;
    column += columns;
    line_is_empty = false;
  }
  return out;
}

std::string number(double value, int decimals) {
  std::array<char, 64> text{};
  const int length = std::snprintf(text.data(), text.size(), "%.*f", decimals, value);
  return {text.data(), static_cast<std::size_t>(length)};
}

std::string right(std::string_view text, std::size_t width) {
  return std::string(width > text.size() ? width - text.size() : 0, ' ').append(text);
}

std::string left(std::string_view text, std::size_t width) {
  return std::string(text).append(width > text.size() ? width - text.size() : 0, ' ');
}

Terminal Terminal::of(std::FILE* stream) {
  const int fd = ::fileno(stream);
  if (::isatty(fd) == 0) return {};
  const char* term = std::getenv("TERM");
  const bool dumb = term == nullptr || std::string_view(term) == "dumb";
  winsize size{};
  const bool known = ::ioctl(fd, TIOCGWINSZ, &size) == 0 && size.ws_col >= 20;
  return {.colour = !is_set("NO_COLOR") && !dumb, .width = known ? size.ws_col : std::size_t{80}};
}

std::string Terminal::heading(std::string_view text) const { return painted(colour, "1", text); }
std::string Terminal::title(std::string_view text) const { return painted(colour, "1;36", text); }
std::string Terminal::faint(std::string_view text) const { return painted(colour, "2", text); }

}  // namespace updraft::cli
