#include "catalogue/search.h"

#include <algorithm>
#include <charconv>
#include <chrono>
#include <map>
#include <numeric>
#include <span>

#include "catalogue/look_up.h"
#include "catalogue/rank.h"
#include "catalogue/words.h"
#include "text/typed.h"

namespace updraft::catalogue {
namespace {

constexpr std::size_t reordered = 100;  // of the fused list; those behind stay in their order
// Of a further query's lists beside those of the text, which weigh 1: at most, and of all of them together. Measured by
// updraft eval search.
constexpr double further_weight = 0.5, further_weights = 2;
// The cosine from which two assets of the same title hardly differ: the same drawing in two folders has other tags,
// which its point depends on as well.
constexpr float same_by_title = 0.93F;
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
    auto ordered = order(fuse(*lists), queries.front(), queries.size() > 1);
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
      asked_.assign(points.begin(), points.begin() + static_cast<std::ptrdiff_t>(points.size() / queries.size()));
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
      asked_.insert(asked_.end(), options_.points[p].begin(), options_.points[p].end());
    }
    return lists;
  }

  // The first of them, by more than their ranks: what is called just what was asked for stands first, then the others;
  // of each, what differs in the order of maximal marginal relevance, and behind it what hardly differs from that.
  Result<std::vector<Fused>> order(std::vector<Fused> fused, const std::string& text, bool has_queries) {
    const std::size_t n = std::min(fused.size(), reordered);
    const bool diversifies = view_.about().dimension > 0 && options_.lambda < 1;
    if (n == 0 || !(options_.rerank || has_queries || diversifies)) return fused;
    auto head = first_of(std::span(fused).first(n), text, has_queries);
    if (!head) return tl::unexpected(head.error());
    std::vector<std::size_t> order(n);
    std::iota(order.begin(), order.end(), 0);
    std::stable_sort(order.begin(), order.end(),
                     [&](std::size_t a, std::size_t b) { return head->relevance[a] > head->relevance[b]; });
    const auto others =
        std::stable_partition(order.begin(), order.end(), [&](std::size_t i) { return head->is_namesake[i]; });
    std::vector<std::size_t> shown;  // in no order
    std::vector<Fused> ordered;
    for (const std::span<const std::size_t> block :
         {std::span(order.begin(), others), std::span(others, order.end())}) {
      std::vector<std::size_t> different, repeated;
      for (const std::size_t i : block) {
        const bool repeats = options_.rerank && std::any_of(shown.begin(), shown.end(), [&](std::size_t before) {
                               return hardly_differ(*head, i, before);
                             });
        if (!repeats) shown.push_back(i);
        (repeats ? repeated : different).push_back(i);
      }
      for (const std::size_t i : diversifies ? diverse(*head, different) : different)
        ordered.push_back(std::move(fused[i]));
      for (const std::size_t i : repeated) ordered.push_back(std::move(fused[i]));
    }
    std::move(ordered.begin(), ordered.end(), fused.begin());
    return fused;
  }

  // The first hits, with what their order is told from.
  struct Head {
    std::vector<Asset> assets;
    std::vector<std::vector<std::string>> titles;  // their words
    std::vector<float> points;                     // [n, dimension]; without an index of meaning, zeros of dimension 1
    std::size_t dimension = 1;
    std::vector<double> relevance;  // 0..1
    std::vector<bool> is_namesake;  // of what was asked for

    [[nodiscard]] std::span<const float> point(std::size_t i) const {
      return std::span(points).subspan(i * dimension, dimension);
    }
  };

  Result<Head> first_of(std::span<const Fused> fused, const std::string& text, bool has_queries) {
    std::vector<std::string> ids;
    Head head;
    for (const Fused& one : fused) {
      ids.push_back(one.id);
      head.relevance.push_back(one.score / fused.front().score);
    }
    auto assets = view_.assets(ids);
    if (!assets) return tl::unexpected(assets.error());
    head.assets = *std::move(assets);
    head.points.assign(ids.size(), 0);
    if (view_.about().dimension > 0) {
      auto points = view_.points(ids);
      if (!points) return tl::unexpected(points.error());
      head.points = *std::move(points);
      head.dimension = static_cast<std::size_t>(view_.about().dimension);
      if (options_.rerank && !asked_.empty()) {
        head.relevance = catalogue::rerank(head.relevance, head.points, asked_, head.dimension);
      }
    }
    const std::vector<std::string> words = words_of(text);
    for (const Asset& asset : head.assets) {
      head.titles.push_back(words_of(asset.title));
      head.is_namesake.push_back((options_.rerank || has_queries) && head.titles.back() == words);
    }
    return head;
  }

  static bool hardly_differ(const Head& head, std::size_t a, std::size_t b) {
    const float near = similarity(head.point(a), head.point(b));
    if (near > 0)
      return near >= same || (near >= same_by_title && !head.titles[a].empty() && head.titles[a] == head.titles[b]);
    const Asset &one = head.assets[a], &other = head.assets[b];
    return head.titles[a] == head.titles[b] && one.tags == other.tags && one.description == other.description;
  }

  [[nodiscard]] std::vector<std::size_t> diverse(const Head& head, std::span<const std::size_t> which) const {
    std::vector<double> relevance;
    std::vector<float> points;
    for (const std::size_t i : which) {
      relevance.push_back(head.relevance[i]);
      points.insert(points.end(), head.point(i).begin(), head.point(i).end());
    }
    std::vector<std::size_t> out;
    for (const std::size_t i : diversify(relevance, points, head.dimension, options_.lambda)) out.push_back(which[i]);
    return out;
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
  std::vector<float> asked_;  // [1 + options_.points.size(), dimension]: the text's point, and those that were shown
  SearchAnswer answer_;
};

}  // namespace

Result<SearchAnswer> search(View& view, const std::optional<Encoder>& encoder, std::string_view text,
                            const SearchOptions& options) {
  if (auto good = check(text, options); !good) return tl::unexpected(good.error());
  return Search(view, encoder, options).run(text);
}

}  // namespace updraft::catalogue
