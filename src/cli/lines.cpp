#include "cli/lines.h"

#include <cerrno>
#include <cstring>

namespace updraft::cli {

Result<std::optional<Line>> LineReader::next() {
  Line line;
  std::size_t length = 0;
  int c = EOF;
  errno = 0;
  while ((c = ::getc_unlocked(stream_)) != EOF && c != '\n') {
    // One byte more than the limit may be the line end's '\r'.
    if (length++ <= max_bytes_) line.text += static_cast<char>(c);
  }
  if (c == EOF && std::ferror(stream_) != 0) {
    return fail(ErrorCode::io, std::string("cannot read stdin: ") + std::strerror(errno));
  }
  if (c == EOF && length == 0) return std::nullopt;
  if (length <= max_bytes_ + 1 && !line.text.empty() && line.text.back() == '\r') {
    line.text.pop_back();
    --length;
  }
  if (length > max_bytes_) return Line{.text = {}, .too_long = true};
  return line;
}

}  // namespace updraft::cli
