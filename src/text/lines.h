// The lines of a text that hold more than white space, one after the other.
#pragma once

#include <algorithm>
#include <cstddef>
#include <optional>
#include <string_view>

namespace updraft::text {

class Lines {
 public:
  explicit Lines(std::string_view text) : text_(text) {  // which must outlive it
    if (text_.starts_with("\xEF\xBB\xBF")) at_ = 3;
  }

  struct Line {
    std::size_t number = 0;  // from 1; empty lines count
    std::string_view text;   // without its end
  };
  [[nodiscard]] std::optional<Line> next() {
    while (at_ < text_.size()) {
      const std::size_t end = std::min(text_.find('\n', at_), text_.size());
      const std::string_view line = text_.substr(at_, end - at_);
      at_ = std::min(end + 1, text_.size());
      ++number_;
      if (line.find_first_not_of(" \t\r") != std::string_view::npos) return Line{number_, line};
    }
    return std::nullopt;
  }
  [[nodiscard]] std::size_t position() const { return at_; }  // in bytes, behind the last line

 private:
  std::string_view text_;
  std::size_t at_ = 0;
  std::size_t number_ = 0;
};

}  // namespace updraft::text
