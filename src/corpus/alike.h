// Which texts say nearly the same. Exact Jaccard likeness of sets of hashes; an index finds the most alike text
// without comparing all pairs.
#pragma once

#include <array>
#include <cstddef>
#include <cstdint>
#include <optional>
#include <string>
#include <string_view>
#include <unordered_map>
#include <vector>

#include "updraft/task.h"

namespace updraft::corpus {

// Runs of letters, digits and apostrophes in lower case: "The farrier's Art-Deco" gives the, farrier's, art, deco.
[[nodiscard]] std::vector<std::string> plain_words(std::string_view text);

using Features = std::vector<std::uint64_t>;  // sorted, none twice

// The words without plurals and without little words such as "the", in any order.
[[nodiscard]] Features content_words(std::string_view text);
// Each three words in a row, without plurals; a text of one or two words is one shingle.
[[nodiscard]] Features shingles(std::string_view text);

// Shared features of all features of both, 0..1.
[[nodiscard]] double likeness(const Features& a, const Features& b);

struct Match {
  std::size_t id = 0;
  double likeness = 0;
};

class AlikeIndex {
 public:
  // Texts less alike than `least` (above 0, up to 1) are not found.
  explicit AlikeIndex(double least) : least_(least) {}

  void add(std::size_t id, Features features);
  // The most alike of the added texts, the first of several.
  [[nodiscard]] std::optional<Match> most_alike(const Features& features) const;

 private:
  [[nodiscard]] std::size_t prefix(std::size_t size) const;

  double least_;
  std::vector<std::size_t> ids_;
  std::vector<Features> features_;                                     // beside ids_
  std::unordered_map<std::uint64_t, std::vector<std::size_t>> found_;  // feature -> places in ids_
};

// Intents (Task::intent) and prompts, each compared with those of its own task: short ones by their content words,
// templates and image prompts by shingles. Intents that differ in a number or a negation are not alike.
class AlikeTexts {
 public:
  AlikeTexts();
  void add(Task task, std::string_view text, std::size_t id);
  [[nodiscard]] std::optional<Match> most_alike(Task task, std::string_view text) const;

 private:
  std::array<AlikeIndex, task_count> indexes_;
};

}  // namespace updraft::corpus
