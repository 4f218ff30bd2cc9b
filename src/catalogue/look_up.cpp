#include "catalogue/look_up.h"

#include <algorithm>
#include <cmath>
#include <map>

#include "catalogue/words.h"

namespace updraft::catalogue {
namespace {

constexpr std::size_t depth = 200;  // of each list
constexpr double common = 0.2;      // of all assets: a word that so many hold tells little
constexpr std::size_t max_words = 32;
constexpr std::size_t max_filters = 32;

}  // namespace

Result<> check_lookup(std::size_t limit, double lambda, const Filters& filters) {
  const auto refuse = [](std::string why) { return fail(ErrorCode::invalid_argument, std::move(why)); };
  if (limit < 1 || limit > max_hits) return refuse("the limit must be from 1 to " + std::to_string(max_hits));
  if (!(lambda >= 0 && lambda <= 1)) return refuse("lambda must be from 0 to 1");
  if (filters.size() > max_filters) return refuse("more than " + std::to_string(max_filters) + " filters");
  if (std::any_of(filters.begin(), filters.end(), [](const Facet& filter) { return filter.name.empty(); })) {
    return refuse("a filter without a name");
  }
  return {};
}

Result<> check_points(std::span<const std::vector<float>> points) {
  if (points.size() > max_points) {
    return fail(ErrorCode::invalid_argument, "more than " + std::to_string(max_points) + " points");
  }
  for (const std::vector<float>& point : points) {
    double square = 0;
    for (const float x : point) square += double{x} * x;
    if (!(std::abs(square - 1) < 0.01)) return fail(ErrorCode::invalid_argument, "a point that is not of unit length");
  }
  return {};
}

Result<std::string> LookUp::correct(std::string_view text, std::vector<Correction>& corrections) {
  std::map<std::string, std::string> meant;
  for (const std::string& word : words_of(text)) {
    if (meant.size() >= max_words || meant.contains(word)) continue;
    const auto assets = view_.assets_with(word);
    if (!assets) return tl::unexpected(assets.error());
    std::string& replacement = meant[word];
    if (*assets > 0 || view_.about().assets == 0 || (encoder_ && encoder_->is_word(word))) continue;
    auto nearest = view_.nearest_word(word);
    if (!nearest) return tl::unexpected(nearest.error());
    replacement = *std::move(nearest);
    if (!replacement.empty()) corrections.push_back({word, replacement});
  }
  if (corrections.empty()) return std::string(text);
  std::string out;
  for (const std::string& word : words_of(text)) {
    const auto found = meant.find(word);
    const bool replaced = found != meant.end() && !found->second.empty();
    out.append(out.empty() ? "" : " ").append(replaced ? found->second : word);
  }
  return out;
}

Result<std::vector<float>> LookUp::encode(std::span<const std::string> texts) const {
  if (!encoder_ || view_.about().dimension == 0) return {};
  return encoder_->encode(texts);
}

Result<std::vector<Found>> LookUp::by_words(const std::string& text) {
  const auto words = telling_words(text);
  if (!words) return tl::unexpected(words.error());
  return view_.by_words(*words, filters_, depth);
}

Result<std::vector<Found>> LookUp::by_point(std::span<const float> point) {
  const auto of_catalogue = static_cast<std::size_t>(view_.about().dimension);
  if (point.size() != of_catalogue) {
    return fail(ErrorCode::invalid_argument, "a point of " + std::to_string(point.size()) +
                                                 " values; the catalogue's have " + std::to_string(of_catalogue));
  }
  auto found = view_.by_point(point, filters_, depth);
  const double least = encoder_ ? encoder_->least_cosine() : default_least_cosine;
  if (found) std::erase_if(*found, [&](const Found& one) { return one.score < least; });
  return found;
}

// Those that tell something: not those that stand nearly everywhere or only hold others together, unless there are no
// others.
Result<std::vector<std::string>> LookUp::telling_words(const std::string& text) {
  std::vector<std::string> all, telling;
  for (std::string& word : words_of(text)) {
    if (all.size() == max_words) break;
    if (std::find(all.begin(), all.end(), word) == all.end()) all.push_back(std::move(word));
  }
  bool some_known = false;
  for (const std::string& word : all) {
    const auto assets = view_.assets_with(word);
    if (!assets) return tl::unexpected(assets.error());
    const bool is_common = static_cast<double>(*assets) > common * static_cast<double>(view_.about().assets);
    if (is_common || is_function_word(word)) continue;
    telling.push_back(word);
    some_known = some_known || *assets > 0;
  }
  return some_known ? telling : all;
}

}  // namespace updraft::catalogue
