// Words that exist, as far as we know. A small model makes some up ("rcking", "glasss"), which no measure of meaning
// minds.
#pragma once

#include <filesystem>
#include <optional>
#include <span>
#include <string>
#include <string_view>
#include <vector>

#include "updraft/result.h"

namespace updraft::reward {

// A word is a run of ASCII letters here, in lower case; what other letters stand in or beside is not judged.
class Lexicon {
 public:
  static constexpr std::size_t max_bytes = std::size_t{16} << 20;

  // `lines`: words, each with a line break behind it, in the order of their bytes. Errors: corrupt (other bytes,
  // another order, more than max_bytes).
  [[nodiscard]] static Result<Lexicon> parse(std::string_view lines);
  // words.txt beside a model's file, or none. Errors: io, and those of parse().
  [[nodiscard]] static Result<std::optional<Lexicon>> beside(const std::filesystem::path& model);

  [[nodiscard]] bool contains(std::string_view word) const;
  // Whether each of the prompt's words is one of these, one of the intent's, or a single letter.
  [[nodiscard]] bool covers(std::string_view prompt, std::string_view intent) const;

 private:
  explicit Lexicon(std::string lines) : lines_(std::move(lines)) {}
  std::string lines_;
};

// The words of a text, in its order.
[[nodiscard]] std::vector<std::string> lexicon_words(std::string_view text);

}  // namespace updraft::reward
