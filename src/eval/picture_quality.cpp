#include "eval/picture_quality.h"

#include <algorithm>
#include <functional>
#include <numeric>

#include "eval/calibration.h"

namespace updraft::eval {
namespace {

constexpr std::size_t best = 10;
constexpr double same = 0.9999;  // cosine of texts that are one

double dot(std::span<const float> a, std::span<const float> b) {
  return std::inner_product(a.begin(), a.end(), b.begin(), 0.0);
}

std::span<const float> row(const std::vector<float>& rows, std::size_t dimension, std::size_t i) {
  return std::span(rows).subspan(i * dimension, dimension);
}

// Of each of `of`, the mean of the largest cosines to the bank's points of `others`.
std::vector<double> hubness(const std::vector<float>& of, const std::vector<float>& others, std::size_t dimension,
                            std::span<const std::size_t> bank) {
  std::vector<double> out(of.size() / dimension);
  std::vector<double> cosines(bank.size());
  const std::size_t k = std::min(hub_neighbours, bank.size());
  for (std::size_t i = 0; i < out.size() && k > 0; ++i) {
    for (std::size_t b = 0; b < bank.size(); ++b)
      cosines[b] = dot(row(of, dimension, i), row(others, dimension, bank[b]));
    std::partial_sort(cosines.begin(), cosines.begin() + static_cast<std::ptrdiff_t>(k), cosines.end(),
                      std::greater<>());
    out[i] = std::accumulate(cosines.begin(), cosines.begin() + static_cast<std::ptrdiff_t>(k), 0.0) /
             static_cast<double>(k);
  }
  return out;
}

}  // namespace

std::string text_of(const Drawing& drawing) {
  std::string tags;
  for (const std::string& tag : drawing.tags) tags.append(tags.empty() ? "" : ", ").append(tag);
  if (drawing.title.empty() || tags.empty()) return drawing.title + tags;
  return drawing.title + ". " + tags;
}

std::vector<bool> true_tags(const Drawing& drawing, std::span<const std::string> names) {
  const auto spaced = [](std::string_view text) {
    std::string out = " ";
    for (const std::string& word : words_of(text)) out += word + ' ';
    return out;
  };
  std::string said = spaced(drawing.title);
  for (const std::string& tag : drawing.tags) said += '|' + spaced(tag);
  std::vector<bool> out;
  for (const std::string& name : names) {
    const std::string words = spaced(name);
    bool found = said.find(words) != std::string::npos;
    // "cats" says "cat", too
    if (!found && words.size() > 4) found = said.find(words.substr(0, words.size() - 1) + "s ") != std::string::npos;
    out.push_back(found);
  }
  return out;
}

FoundFigures measure_found(const Points& points, std::span<const std::size_t> asked,
                           std::span<const std::size_t> bank) {
  const std::size_t d = points.dimension, n = points.pictures.size() / d;
  const auto of_pictures = hubness(points.pictures, points.texts, d, bank);
  const auto of_texts = hubness(points.texts, points.pictures, d, bank);
  FoundFigures figures;
  std::vector<double> cosines(n);
  // Whether fewer than ten others are nearer to `from` than the one that is meant, or than one that is as good.
  const auto found = [&](std::size_t meant, const std::vector<double>& hubs, double share, bool same_text) {
    const auto score = [&](std::size_t i) { return cosines[i] - share * hubs[i]; };
    double least = score(meant);
    for (std::size_t i = 0; same_text && i < n; ++i) {
      if (dot(row(points.texts, d, i), row(points.texts, d, meant)) > same) least = std::max(least, score(i));
    }
    std::size_t nearer = 0;
    for (std::size_t i = 0; i < n; ++i) nearer += score(i) > least ? 1 : 0;
    return nearer < best ? 1.0 : 0.0;
  };
  for (const std::size_t meant : asked) {
    for (std::size_t i = 0; i < n; ++i) cosines[i] = dot(row(points.texts, d, meant), row(points.pictures, d, i));
    figures.text_to_picture.add(found(meant, of_pictures, 0, false));
    figures.text_to_picture_no_hubs.add(found(meant, of_pictures, 0.5, false));
    figures.same_text.add(found(meant, of_pictures, 0.5, true));
    for (std::size_t i = 0; i < n; ++i) cosines[i] = dot(row(points.pictures, d, meant), row(points.texts, d, i));
    figures.picture_to_text.add(found(meant, of_texts, 0, false));
    figures.picture_to_text_no_hubs.add(found(meant, of_texts, 0.5, false));
  }
  return figures;
}

TagFigures measure_tags(std::span<const Drawing> drawings, std::span<const std::vector<SeenTag>> tags,
                        std::span<const std::string> names) {
  TagFigures figures;
  std::vector<Forecast> forecasts;
  for (std::size_t i = 0; i < drawings.size(); ++i) {
    const std::vector<bool> is_true = true_tags(drawings[i], names);
    const auto known = static_cast<std::size_t>(std::count(is_true.begin(), is_true.end(), true));
    std::size_t right = 0;
    bool first_right = false;
    for (std::size_t t = 0; t < std::min(best, tags[i].size()); ++t) {
      const auto place = std::find(names.begin(), names.end(), tags[i][t].name) - names.begin();
      const bool good = static_cast<std::size_t>(place) < names.size() && is_true[static_cast<std::size_t>(place)];
      right += good ? 1 : 0;
      first_right = first_right || (t == 0 && good);
      forecasts.push_back({tags[i][t].score, good});
    }
    if (known > 0) {
      figures.recall_10.add(static_cast<double>(right) / static_cast<double>(known));
      figures.right_1.add(first_right ? 1 : 0);
    }
    // Of its tags as they stand, those that the vocabulary lacks are never found.
    if (drawings[i].tags.empty()) continue;
    std::size_t own = 0;
    for (const std::string& tag : drawings[i].tags) {
      own += std::any_of(tags[i].begin(), tags[i].end(), [&](const SeenTag& seen) { return seen.name == tag; }) ? 1 : 0;
    }
    figures.recall_10_all.add(static_cast<double>(own) / static_cast<double>(drawings[i].tags.size()));
  }
  figures.calibration_error = calibration_error(forecasts);
  return figures;
}

}  // namespace updraft::eval
