#include "eval/metrics.h"

#include <algorithm>
#include <cmath>
#include <cstdlib>
#include <limits>
#include <map>
#include <set>

#include "encode/text_encoder.h"
#include "text/ascii.h"
#include "text/phrase.h"
#include "text/unicode.h"
#include "text/utf8.h"

namespace updraft::eval {
namespace {

using Words = std::span<const std::string>;

// How often each run of `order` words occurs.
std::map<std::vector<std::string>, std::size_t> count_runs(Words words, std::size_t order) {
  std::map<std::vector<std::string>, std::size_t> counts;
  for (std::size_t i = 0; i + order <= words.size(); ++i) {
    ++counts[{words.begin() + static_cast<std::ptrdiff_t>(i), words.begin() + static_cast<std::ptrdiff_t>(i + order)}];
  }
  return counts;
}

std::vector<std::vector<std::string>> words_of_all(std::span<const std::string> texts) {
  std::vector<std::vector<std::string>> all;
  for (const std::string& text : texts) all.push_back(words_of(text));
  return all;
}

// The place of each value when all are sorted, from 1; equal values share the mean of their places.
std::vector<double> ranks(std::span<const double> values) {
  std::vector<double> sorted(values.begin(), values.end());
  std::sort(sorted.begin(), sorted.end());
  std::vector<double> result;
  for (const double value : values) {
    const auto [begin, end] = std::equal_range(sorted.begin(), sorted.end(), value);
    result.push_back(static_cast<double>((begin - sorted.begin()) + (end - sorted.begin()) + 1) / 2);
  }
  return result;
}

}  // namespace

std::vector<std::string> words_of(std::string_view text) {
  std::vector<std::string> words;
  bool inside = false;
  for (std::size_t at = 0; at < text.size();) {
    const std::size_t begin = at;
    const text::CharClass c = text::char_class(text::next_codepoint(text, at));
    const bool belongs = c == text::CharClass::letter || c == text::CharClass::number;
    if (belongs && !inside) words.emplace_back();
    inside = belongs;
    if (!belongs) continue;
    for (const char byte : text.substr(begin, at - begin)) words.back() += text::lower(byte);
  }
  return words;
}

double distinct_2(std::span<const std::string> texts) {
  std::set<std::vector<std::string>> different;
  std::size_t all = 0;
  for (const auto& words : words_of_all(texts)) {
    for (const auto& [pair, count] : count_runs(words, 2)) {
      different.insert(pair);
      all += count;
    }
  }
  return all == 0 ? 1 : static_cast<double>(different.size()) / static_cast<double>(all);
}

double bleu(Words words, std::span<const std::vector<std::string>> references) {
  if (words.empty() || references.empty()) return 0;
  constexpr std::size_t highest_order = 4;
  constexpr double no_match = 0.1;
  const std::size_t orders = std::min(highest_order, words.size());
  double log_precision = 0;
  for (std::size_t order = 1; order <= orders; ++order) {
    std::map<std::vector<std::string>, std::size_t> most;  // in one reference
    for (const auto& reference : references) {
      for (const auto& [run, count] : count_runs(reference, order)) most[run] = std::max(most[run], count);
    }
    std::size_t matched = 0;
    for (const auto& [run, count] : count_runs(words, order)) {
      if (const auto found = most.find(run); found != most.end()) matched += std::min(count, found->second);
    }
    if (order == 1 && matched == 0) return 0;
    const auto runs = static_cast<double>(words.size() - order + 1);
    log_precision += std::log((matched == 0 ? no_match : static_cast<double>(matched)) / runs);
  }
  // Texts shorter than the reference of the nearest length are held back.
  std::size_t nearest = references.front().size();
  const auto distance = [&](std::size_t length) {
    return length > words.size() ? length - words.size() : words.size() - length;
  };
  for (const auto& reference : references) {
    const std::size_t length = reference.size();
    if (distance(length) < distance(nearest) || (distance(length) == distance(nearest) && length < nearest))
      nearest = length;
  }
  const double brevity = std::min(0.0, 1.0 - static_cast<double>(nearest) / static_cast<double>(words.size()));
  return std::exp(brevity + log_precision / static_cast<double>(orders));
}

double self_bleu(std::span<const std::string> texts) {
  const auto all = words_of_all(texts);
  Mean mean;
  for (std::size_t i = 0; i < all.size() && all.size() > 1; ++i) {
    auto others = all;
    others.erase(others.begin() + static_cast<std::ptrdiff_t>(i));
    mean.add(bleu(all[i], others));
  }
  return mean.value();
}

double spread(std::span<const float> points, std::size_t n) {
  const std::size_t dimension = n == 0 ? 0 : points.size() / n;
  const auto point = [&](std::size_t i) { return points.subspan(i * dimension, dimension); };
  Mean mean;
  for (std::size_t i = 0; i < n; ++i) {
    for (std::size_t j = 0; j < i; ++j) mean.add(1 - encode::cosine(point(i), point(j)));
  }
  return mean.value();
}

std::size_t count_different(std::span<const std::string> texts) {
  std::set<std::string> keys;
  for (const std::string& text : texts) keys.insert(text::alike_key(text));
  return keys.size();
}

double quantile(std::vector<double> values, double share) {
  if (values.empty()) return 0;
  const auto at = std::min(values.size() - 1, static_cast<std::size_t>(share * static_cast<double>(values.size())));
  std::nth_element(values.begin(), values.begin() + static_cast<std::ptrdiff_t>(at), values.end());
  return values[at];
}

double perplexity(const Mean& negative_log_likelihood) { return std::exp(negative_log_likelihood.value()); }

std::map<int, Mean> means_by_asked(std::span<const Outcome> outcomes) {
  std::map<int, Mean> means;
  for (const Outcome& outcome : outcomes) means[outcome.asked].add(outcome.achieved);
  return means;
}

double spearman(std::span<const double> a, std::span<const double> b) {
  // Pearson's correlation of the ranks.
  const std::vector<double> x = ranks(a), y = ranks(b);
  const double middle = (static_cast<double>(x.size()) + 1) / 2;
  double xy = 0, xx = 0, yy = 0;
  for (std::size_t i = 0; i < x.size(); ++i) {
    xy += (x[i] - middle) * (y[i] - middle);
    xx += (x[i] - middle) * (x[i] - middle);
    yy += (y[i] - middle) * (y[i] - middle);
  }
  return xx == 0 || yy == 0 ? 0 : xy / std::sqrt(xx * yy);
}

double spearman(std::span<const Outcome> outcomes) {
  std::vector<double> asked, achieved;
  for (const Outcome& outcome : outcomes) {
    asked.push_back(outcome.asked);
    achieved.push_back(outcome.achieved);
  }
  return spearman(asked, achieved);
}

double spearman_of_means(std::span<const Outcome> outcomes) {
  std::vector<double> asked, achieved;
  for (const auto& [value, mean] : means_by_asked(outcomes)) {
    asked.push_back(value);
    achieved.push_back(mean.value());
  }
  return spearman(asked, achieved);
}

void WordHits::add(const Outcome& words, WordRange range) {
  const int distance = std::abs(words.achieved - words.asked);
  error.add(distance);
  exact.add(distance == 0 ? 1 : 0);
  within_one.add(distance <= 1 ? 1 : 0);
  in_range.add(words.achieved >= range.min && words.achieved <= range.max ? 1 : 0);
}

}  // namespace updraft::eval
