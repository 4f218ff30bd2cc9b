// What evaluation counts, as small functions of texts and numbers.
#pragma once

#include <cstddef>
#include <map>
#include <span>
#include <string>
#include <string_view>
#include <vector>

#include "updraft/task.h"

namespace updraft::eval {

// A mean that grows; 0 as long as nothing was added.
struct Mean {
  double sum = 0;
  std::size_t n = 0;

  void add(double value) {
    sum += value;
    ++n;
  }
  [[nodiscard]] double value() const { return n == 0 ? 0 : sum / static_cast<double>(n); }
};

// What texts are compared by: runs of letters and digits, ASCII in lower case.
[[nodiscard]] std::vector<std::string> words_of(std::string_view text);

// Different pairs of neighbouring words, as a share of all such pairs in the texts (distinct-2, arXiv 1510.03055): 1
// when nothing is said twice, and when there are no pairs.
[[nodiscard]] double distinct_2(std::span<const std::string> texts);

// The mean of each text's BLEU-4 against all others (self-BLEU, arXiv 1802.01886): 0 when no words are shared, 1 when
// all texts are the same. Orders without a match count 0.1 (Chen and Cherry 2014, method 1); a text of fewer than four
// words is compared by the orders that it has. 0 for fewer than two texts.
[[nodiscard]] double self_bleu(std::span<const std::string> texts);

// BLEU-4 as above, of words against references.
[[nodiscard]] double bleu(std::span<const std::string> words, std::span<const std::vector<std::string>> references);

// How far apart points of unit length lie: the mean of 1 - cosine over all pairs; 0 for fewer than two. [n, dimension]
[[nodiscard]] double spread(std::span<const float> points, std::size_t n);

// Texts that remain when case, punctuation and the order of words make no difference.
[[nodiscard]] std::size_t count_different(std::span<const std::string> texts);

// The value at a share of the sorted values (0.5: the median); 0 for none.
[[nodiscard]] double quantile(std::vector<double> values, double share);

// exp of the mean of -log p(token).
[[nodiscard]] double perplexity(const Mean& negative_log_likelihood);

// What was asked for, and what came: words, or a return.
struct Outcome {
  int asked = 0;
  int achieved = 0;
};

// The mean of what came, for each value that was asked for.
[[nodiscard]] std::map<int, Mean> means_by_asked(std::span<const Outcome> outcomes);

// Spearman's rank correlation, -1 to 1; what is equal shares the mean of its ranks. 0 when one side never changes.
// Both are of one length.
[[nodiscard]] double spearman(std::span<const double> a, std::span<const double> b);
// Of asked and achieved: of the single outcomes, and of the means for each value that was asked for.
[[nodiscard]] double spearman(std::span<const Outcome> outcomes);
[[nodiscard]] double spearman_of_means(std::span<const Outcome> outcomes);

// How well texts keep to the number of words that was asked for.
struct WordHits {
  Mean error;       // words too many or too few
  Mean exact;       // as many as asked for
  Mean within_one;  // one more or less at most
  Mean in_range;    // inside the range of the task

  void add(const Outcome& words, WordRange range);
};

}  // namespace updraft::eval
