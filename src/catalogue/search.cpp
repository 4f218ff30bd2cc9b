#include "catalogue/search.h"

#include <algorithm>
#include <charconv>
#include <chrono>
#include <map>
#include <set>

#include "catalogue/look_up.h"
#include "catalogue/rank.h"
#include "catalogue/words.h"
#include "text/typed.h"

namespace updraft::catalogue {
namespace {

constexpr std::size_t diversified = 100;  // of the fused list; those behind stay in their order
// Of a further query's lists beside those of the text, which weigh 1: at most, and of all of them together. Measured by
// updraft eval search.
constexpr double further_weight = 0.5, further_weights = 2;
constexpr std::size_t max_values = 20;  // that are counted of a facet

// "<generation>-<offset>"
std::string to_cursor(std::uint64_t generation, std::size_t offset) {
  return std::to_string(generation) + "-" + std::to_string(offset);
}

Result<std::size_t> offset_from(const std::string& cursor, std::uint64_t generation) {
  std::uint64_t of = 0;
  std::size_t offset = 0;
  const char* const end = cursor.data() + cursor.size();
  const auto [dash, error] = std::from_chars(cursor.data(), end, of);
  const bool begins = error == std::errc() && dash != end && *dash == '-';
  const auto [last, second_error] =
      begins ? std::from_chars(dash + 1, end, offset) : std::from_chars_result{end, error};
  if (!begins || second_error != std::errc() || last != end) {
    return fail(ErrorCode::invalid_argument, "the cursor is none that a search has given");
  }
  if (of != generation) {
    return fail(ErrorCode::invalid_argument, "the catalogue has changed since the cursor's page; search again");
  }
  return offset;
}

Result<> check(std::string_view text, const SearchOptions& options) {
  const auto refuse = [](std::string why) { return fail(ErrorCode::invalid_argument, std::move(why)); };
  if (auto good = text::check_typed("text", text, max_utterance_bytes); !good) return good;
  if (options.queries.size() > max_queries) return refuse("more than " + std::to_string(max_queries) + " queries");
  for (const std::string& query : options.queries) {
    if (auto good = text::check_typed("query", query, max_utterance_bytes); !good) return good;
  }
  if (auto good = check_points(options.points); !good) return good;
  if (!options.words && !options.meaning) return refuse("a search that asks neither words nor meaning");
  return check_lookup(options.limit, options.lambda, options.filters);
}

// One search in one state of the catalogue.
class Search {
 public:
  Search(View& view, const std::optional<Encoder>& encoder, const SearchOptions& options)
      : view_(view), look_up_(view, encoder, options.filters), options_(options) {}

  Result<SearchAnswer> run(std::string_view text) {
    const About about = view_.about();
    std::size_t offset = options_.offset;
    if (!options_.cursor.empty()) {
      const auto from = offset_from(options_.cursor, about.generation);
      if (!from) return tl::unexpected(from.error());
      offset = *from;
    }
    auto corrected = look_up_.correct(text, answer_.corrections);
    if (!corrected) return tl::unexpected(corrected.error());
    std::vector<std::string> queries = {*std::move(corrected)};
    queries.insert(queries.end(), options_.queries.begin(), options_.queries.end());
    const auto lists = lists_of(queries);
    if (!lists) return tl::unexpected(lists.error());
    std::vector<Fused> fused = fuse(*lists);
    if (queries.size() > 1) {
      if (auto done = put_namesakes_first(queries.front(), fused); !done) return tl::unexpected(done.error());
    }
    auto ordered = order(std::move(fused));
    if (!ordered) return tl::unexpected(ordered.error());
    if (ordered->size() > max_hits) ordered->resize(max_hits);
    answer_.found = ordered->size();
    if (options_.facets) {
      if (auto done = count_facets(*ordered); !done) return tl::unexpected(done.error());
    }
    if (auto done = fill_page(*ordered, offset); !done) return tl::unexpected(done.error());
    const std::size_t end = offset + answer_.hits.size();
    if (!answer_.hits.empty() && end < ordered->size()) answer_.next = to_cursor(about.generation, end);
    return std::move(answer_);
  }

 private:
  Result<std::vector<RankedList>> lists_of(const std::vector<std::string>& queries) {
    std::vector<float> points;
    if (options_.meaning) {
      const auto start = std::chrono::steady_clock::now();
      auto encoded = look_up_.encode(queries);
      if (!encoded) return tl::unexpected(encoded.error());
      points = *std::move(encoded);
      answer_.encode_ms = std::chrono::duration<double, std::milli>(std::chrono::steady_clock::now() - start).count();
    }
    const std::size_t dimension = points.size() / queries.size();
    const double further =
        std::min(further_weight, further_weights / std::max(1.0, static_cast<double>(queries.size() - 1)));
    std::vector<RankedList> lists;
    for (std::size_t q = 0; q < queries.size(); ++q) {
      const double weight = q == 0 ? 1 : further;
      if (options_.words) {
        auto by_words = look_up_.by_words(queries[q]);
        if (!by_words) return tl::unexpected(by_words.error());
        lists.push_back({q, IndexKind::words, weight, *std::move(by_words)});
      }
      if (points.empty()) continue;
      auto by_point = look_up_.by_point(std::span<const float>(points).subspan(q * dimension, dimension));
      if (!by_point) return tl::unexpected(by_point.error());
      lists.push_back({q, IndexKind::meaning, weight, *std::move(by_point)});
    }
    const bool looks_for_points = options_.meaning && view_.about().dimension > 0;
    for (std::size_t p = 0; p < options_.points.size() && looks_for_points; ++p) {
      auto by_point = look_up_.by_point(options_.points[p]);
      if (!by_point) return tl::unexpected(by_point.error());
      lists.push_back({queries.size() + p, IndexKind::meaning, 1, *std::move(by_point)});
    }
    return lists;
  }

  // What is called just what was asked for stands before what further queries bring.
  Result<> put_namesakes_first(const std::string& text, std::vector<Fused>& fused) {
    if (fused.empty()) return {};
    std::vector<std::string> ids;
    for (std::size_t i = 0; i < std::min(fused.size(), diversified); ++i) ids.push_back(fused[i].id);
    const auto assets = view_.assets(ids);
    if (!assets) return tl::unexpected(assets.error());
    const std::vector<std::string> words = words_of(text);
    std::set<std::string> namesakes;
    for (const Asset& asset : *assets) {
      if (words_of(asset.title) == words) namesakes.insert(asset.id);
    }
    const double best = fused.front().score;
    for (Fused& one : fused) {
      if (namesakes.contains(one.id)) one.score = best;
    }
    std::stable_partition(fused.begin(), fused.end(), [&](const Fused& one) { return namesakes.contains(one.id); });
    return {};
  }

  Result<std::vector<Fused>> order(std::vector<Fused> fused) {
    const std::size_t n = std::min(fused.size(), diversified);
    if (n == 0 || view_.about().dimension == 0 || options_.lambda >= 1) return fused;
    std::vector<std::string> ids;
    std::vector<double> relevance;
    for (std::size_t i = 0; i < n; ++i) {
      ids.push_back(fused[i].id);
      relevance.push_back(fused[i].score / fused.front().score);
    }
    const auto points = view_.points(ids);
    if (!points) return tl::unexpected(points.error());
    std::vector<Fused> ordered;
    const auto dimension = static_cast<std::size_t>(view_.about().dimension);
    for (const std::size_t i : diversify(relevance, *points, dimension, options_.lambda)) {
      ordered.push_back(std::move(fused[i]));
    }
    std::move(ordered.begin(), ordered.end(), fused.begin());
    return fused;
  }

  // Of all hits, the values of each name that most of them have.
  Result<> count_facets(const std::vector<Fused>& fused) {
    std::vector<std::string> ids;
    for (const Fused& item : fused) ids.push_back(item.id);
    const auto assets = view_.assets(ids);
    if (!assets) return tl::unexpected(assets.error());
    std::map<std::string, std::map<std::string, std::size_t>> counts;
    for (const Asset& asset : *assets) {
      std::map<std::string, std::map<std::string, bool>> once;
      for (const Facet& facet : asset.facets) {
        if (!std::exchange(once[facet.name][facet.value], true)) ++counts[facet.name][facet.value];
      }
    }
    for (const auto& [name, values] : counts) {
      std::vector<FacetCount> of_name;
      for (const auto& [value, hits] : values) of_name.push_back({name, value, hits});
      std::stable_sort(of_name.begin(), of_name.end(),
                       [](const FacetCount& a, const FacetCount& b) { return a.hits > b.hits; });
      of_name.resize(std::min(of_name.size(), max_values));
      answer_.facets.insert(answer_.facets.end(), of_name.begin(), of_name.end());
    }
    return {};
  }

  Result<> fill_page(const std::vector<Fused>& ordered, std::size_t offset) {
    const std::size_t begin = std::min(offset, ordered.size());
    const std::size_t end = std::min(begin + options_.limit, ordered.size());
    std::vector<std::string> ids;
    for (std::size_t i = begin; i < end; ++i) ids.push_back(ordered[i].id);
    auto assets = view_.assets(ids);
    if (!assets) return tl::unexpected(assets.error());
    for (std::size_t i = begin; i < end; ++i) {
      answer_.hits.push_back({std::move((*assets)[i - begin]), ordered[i].score, ordered[i].evidence});
    }
    return {};
  }

  View& view_;
  LookUp look_up_;
  const SearchOptions& options_;
  SearchAnswer answer_;
};

}  // namespace

Result<SearchAnswer> search(View& view, const std::optional<Encoder>& encoder, std::string_view text,
                            const SearchOptions& options) {
  if (auto good = check(text, options); !good) return tl::unexpected(good.error());
  return Search(view, encoder, options).run(text);
}

}  // namespace updraft::catalogue
