// Lines of a stream of any length, without ever holding a long one.
#pragma once

#include <cstddef>
#include <cstdio>
#include <optional>
#include <string>

#include "updraft/result.h"

namespace updraft::cli {

struct Line {
  std::string text;       // without its end ("\n" or "\r\n")
  bool too_long = false;  // more than the reader's limit: read past, `text` is empty
};

class LineReader {
 public:
  LineReader(std::FILE* stream, std::size_t max_bytes) : stream_(stream), max_bytes_(max_bytes) {}

  // nullopt: the end. The last line may lack its line end. Errors: io.
  [[nodiscard]] Result<std::optional<Line>> next();

 private:
  std::FILE* stream_;
  std::size_t max_bytes_;
};

}  // namespace updraft::cli
