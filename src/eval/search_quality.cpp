#include "eval/search_quality.h"

#include <algorithm>
#include <array>
#include <cmath>
#include <nlohmann/json.hpp>
#include <optional>

#include "catalogue/embedded.h"
#include "encode/text_encoder.h"
#include "eval/ranking.h"
#include "eval/table.h"
#include "files/replacement.h"

namespace updraft::eval {
namespace {

constexpr std::size_t n_recommended = 10;
constexpr double hardly_differs = 0.95;  // cosine

// Which of the indexes a way to search asks, for what, and how it orders.
struct Way {
  const char* name;
  bool words, meaning, queries, rerank;
  double lambda;
};
constexpr std::array ways = {
    Way{"words (BM25)", true, false, false, false, 1},
    Way{"meaning (vectors)", false, true, false, false, 1},
    Way{"hybrid", true, true, false, false, 1},
    Way{"hybrid, reranked", true, true, false, true, 1},
    Way{"hybrid with updraft's queries", true, true, true, false, 1},
    Way{"the same, reranked", true, true, true, true, 1},
    Way{"the same, diverse (lambda 0.8): the default", true, true, true, true, 0.8},
};
struct Recommender {
  const char* name;
  double lambda;
  enum class By { neighbours, different_neighbours, recommend } by = By::recommend;
};
constexpr std::array recommenders = {
    Recommender{"nearest neighbours", 1, Recommender::By::neighbours},
    Recommender{"neighbours without near-equals", 1, Recommender::By::different_neighbours},
    Recommender{"recommend, lambda 1", 1},
    Recommender{"recommend (lambda 0.6)", 0.6},
    Recommender{"recommend, lambda 0.5", 0.5},
};

// One line of JSON Lines for each.
std::string as_lines(std::span<const Asset> assets, std::span<const JudgedIntent> left_out) {
  std::string lines;
  for (const Asset& whole : assets) {
    const Asset asset = without(whole, left_out);
    const nlohmann::json line = {
        {"id", asset.id}, {"title", asset.title}, {"description", asset.description}, {"tags", asset.tags}};
    lines += line.dump(-1, ' ', false, nlohmann::json::error_handler_t::replace) + "\n";
  }
  return lines;
}

class Measuring {
 public:
  Measuring(std::span<const Asset> assets, const JudgedSet& set, const SearchQualityOptions& options)
      : assets_(assets), set_(set), options_(options) {
    for (const Way& way : ways) report_.searches.push_back({.name = way.name, .vague = {}, .exact = {}});
    for (const Recommender& one : recommenders) {
      report_.recommendations.push_back({.name = one.name, .relevance = {}, .distinct = {}, .diversity = {}});
    }
    report_.assets = assets.size();
  }

  Result<SearchReport> run() {
    const std::size_t folds = set_.vague.size() + 1;
    for (std::size_t fold = 0; fold < folds; ++fold) {
      if (options_.on_fold) options_.on_fold(fold, folds);
      const bool is_exact = fold == set_.vague.size();
      const std::span<const JudgedIntent> left_out =
          is_exact ? std::span<const JudgedIntent>() : std::span<const JudgedIntent>(set_.vague[fold]);
      if (auto done = open(left_out); !done) return tl::unexpected(done.error());
      for (const JudgedIntent& intent : is_exact ? std::span<const JudgedIntent>(set_.exact) : left_out) {
        if (auto done = search(intent, is_exact); !done) return tl::unexpected(done.error());
        if (is_exact) continue;
        if (auto done = recommend(intent); !done) return tl::unexpected(done.error());
      }
    }
    return std::move(report_);
  }

 private:
  // Brings the catalogue to the texts without these words: only what they stand in is computed anew.
  Result<> open(std::span<const JudgedIntent> left_out) {
    const auto source = options_.scratch / "assets.jsonl", directory = options_.scratch / "catalogue";
    if (auto done = files::replace(source, as_lines(assets_, left_out)); !done) return done;
    catalogue_.reset();
    backend_.reset();
    IndexOptions how;
    how.text_encoder = options_.text_encoder;
    how.threads = options_.threads;
    if (const auto done = index(source, directory, how); !done) return tl::unexpected(done.error());
    auto opened = Catalogue::open(directory, {.text_encoder = options_.text_encoder, .threads = options_.threads});
    if (!opened) return tl::unexpected(opened.error());
    catalogue_.emplace(std::move(*opened));
    auto backend = catalogue::open_embedded(directory, catalogue::Access::read);
    if (!backend) return tl::unexpected(backend.error());
    backend_ = std::move(*backend);
    return {};
  }

  Result<> search(const JudgedIntent& intent, bool is_exact) {
    ++(is_exact ? report_.exact : report_.vague);
    const auto queries = options_.write_queries(intent.text);
    if (!queries) return tl::unexpected(queries.error());
    const auto view = backend_->view();
    if (!view) return tl::unexpected(view.error());
    for (std::size_t w = 0; w < ways.size(); ++w) {
      SearchOptions how;
      if (ways[w].queries) how.queries = *queries;
      how.words = ways[w].words;
      how.meaning = ways[w].meaning;
      how.rerank = ways[w].rerank;
      how.lambda = ways[w].lambda;
      how.limit = 50;
      const auto answer = catalogue_->search(intent.text, how);
      if (!answer) return tl::unexpected(answer.error());
      std::vector<std::string> ranked;
      for (const Hit& hit : answer->hits) ranked.push_back(hit.asset.id);
      SearchFigures& figures = is_exact ? report_.searches[w].exact : report_.searches[w].vague;
      figures.ndcg_10.add(ndcg(ranked, intent.relevant, 10));
      figures.recall_50.add(recall(ranked, intent.relevant, 50));
      const auto of_distinct = distinct_ndcg(**view, ranked, intent.relevant);
      if (!of_distinct) return tl::unexpected(of_distinct.error());
      figures.distinct.add(*of_distinct);
    }
    return {};
  }

  // As nDCG@10, with a relevant hit worth something the first time alone, and an ideal of relevant ones that differ.
  static Result<double> distinct_ndcg(catalogue::View& view, std::span<const std::string> ranked,
                                      const std::set<std::string>& relevant) {
    const std::vector<std::string> all(relevant.begin(), relevant.end());
    const auto points = view.points(all);
    if (!points) return tl::unexpected(points.error());
    const std::vector<bool> differs = differs_from_those_before(*points, all.size());
    std::vector<std::string> top(
        ranked.begin(), ranked.begin() + static_cast<std::ptrdiff_t>(std::min<std::size_t>(ranked.size(), 10)));
    const auto top_points = view.points(top);
    if (!top_points) return tl::unexpected(top_points.error());
    const std::vector<bool> is_new = differs_from_those_before(*top_points, top.size());
    for (std::size_t i = 0; i < top.size(); ++i) {
      if (!is_new[i]) top[i].clear();
    }
    const auto n = static_cast<std::size_t>(std::count(differs.begin(), differs.end(), true));
    return ndcg(top, relevant, 10, n);
  }

  static std::vector<bool> differs_from_those_before(std::span<const float> points, std::size_t n) {
    const std::size_t dimension = points.size() / std::max<std::size_t>(n, 1);
    std::vector<bool> differs(n, true);
    for (std::size_t i = 0; i < n; ++i) {
      for (std::size_t j = 0; j < i && differs[i]; ++j) {
        differs[i] = !(differs[j] && encode::cosine(points.subspan(i * dimension, dimension),
                                                    points.subspan(j * dimension, dimension)) >= hardly_differs);
      }
    }
    return differs;
  }

  // For a few of the assets that have the intent's tag: which others would be shown, and do they have it?
  Result<> recommend(const JudgedIntent& intent) {
    const auto view = backend_->view();
    if (!view) return tl::unexpected(view.error());
    std::set<std::string> others = intent.relevant;
    std::size_t n = 0;
    for (const std::string& seed : intent.relevant) {
      if (n++ == options_.seeds) break;
      ++report_.seeds;
      others.erase(seed);
      const auto seed_point = (*view)->points(std::span(&seed, 1));
      if (!seed_point) return tl::unexpected(seed_point.error());
      for (std::size_t r = 0; r < recommenders.size(); ++r) {
        const auto ids = shown(recommenders[r], **view, seed, *seed_point);
        if (!ids) return tl::unexpected(ids.error());
        const auto points = (*view)->points(*ids);
        if (!points) return tl::unexpected(points.error());
        report_.recommendations[r].distinct.add(distinct(*seed_point, *ids, *points, others));
        report_.recommendations[r].relevance.add(precision(*ids, others, n_recommended));
        report_.recommendations[r].diversity.add(spread(*points, ids->size()));
      }
      others.insert(seed);
    }
    return {};
  }

  // The share of the ids that is relevant and no repetition.
  static double distinct(std::span<const float> seed_point, std::span<const std::string> ids,
                         std::span<const float> points, const std::set<std::string>& relevant) {
    if (ids.empty()) return 0;
    const std::size_t dimension = points.size() / ids.size();
    std::size_t n = 0;
    for (std::size_t i = 0; i < ids.size(); ++i) {
      const auto point = points.subspan(i * dimension, dimension);
      bool repeats = encode::cosine(point, seed_point) >= hardly_differs;
      for (std::size_t j = 0; j < i; ++j) {
        repeats = repeats || encode::cosine(point, points.subspan(j * dimension, dimension)) >= hardly_differs;
      }
      if (!repeats && relevant.contains(ids[i])) ++n;
    }
    return static_cast<double>(n) / static_cast<double>(ids.size());
  }

  Result<std::vector<std::string>> shown(const Recommender& recommender, catalogue::View& view, const std::string& seed,
                                         std::span<const float> seed_point) {
    if (recommender.by == Recommender::By::recommend) return recommended(seed, recommender.lambda);
    return nearest(view, seed, seed_point, recommender.by == Recommender::By::different_neighbours);
  }

  static Result<std::vector<std::string>> nearest(catalogue::View& view, const std::string& seed,
                                                  std::span<const float> seed_point, bool only_different) {
    const auto found = view.by_point(seed_point, {}, only_different ? 200 : n_recommended + 1);
    if (!found) return tl::unexpected(found.error());
    std::vector<std::string> near = {seed};
    for (const catalogue::Found& one : *found) {
      if (one.id != seed) near.push_back(one.id);
    }
    const auto points = view.points(near);
    if (!points) return tl::unexpected(points.error());
    const std::vector<bool> differs = differs_from_those_before(*points, near.size());
    std::vector<std::string> ids;
    for (std::size_t i = 1; i < near.size() && ids.size() < n_recommended; ++i) {
      if (differs[i] || !only_different) ids.push_back(near[i]);
    }
    return ids;
  }

  Result<std::vector<std::string>> recommended(const std::string& seed, double lambda) {
    RecommendOptions how;
    how.like = {seed};
    how.limit = n_recommended;
    how.lambda = lambda;
    const auto answer = catalogue_->recommend(how);
    if (!answer) return tl::unexpected(answer.error());
    std::vector<std::string> ids;
    for (const Recommendation& item : answer->items) ids.push_back(item.asset.id);
    return ids;
  }

  std::span<const Asset> assets_;
  const JudgedSet& set_;
  const SearchQualityOptions& options_;
  std::optional<Catalogue> catalogue_;
  std::unique_ptr<catalogue::Backend> backend_;
  SearchReport report_;
};

std::string cell(const Mean& mean) { return print("%.3f", mean.value()); }

double rounded(const Mean& mean) { return std::round(mean.value() * 1e4) / 1e4; }

nlohmann::ordered_json to_json(const SearchFigures& figures) {
  return {{"ndcg_10", rounded(figures.ndcg_10)},
          {"of_distinct", rounded(figures.distinct)},
          {"recall_50", rounded(figures.recall_50)}};
}

}  // namespace

Result<SearchReport> measure_search(std::span<const Asset> assets, const JudgedSet& set,
                                    const SearchQualityOptions& options) {
  return Measuring(assets, set, options).run();
}

std::string to_text(const SearchReport& report) {
  std::string out = std::to_string(report.assets) + " assets, " + std::to_string(report.vague) + " vague intents, " +
                    std::to_string(report.exact) + " exact ones, " + std::to_string(report.seeds) +
                    " assets recommended for\n\n";
  std::vector<Row> searches = {
      {"search", "vague: nDCG@10", "of distinct", "recall@50", "exact: nDCG@10", "of distinct", "recall@50"}};
  for (const SearchRow& search : report.searches) {
    searches.push_back({search.name, cell(search.vague.ndcg_10), cell(search.vague.distinct),
                        cell(search.vague.recall_50), cell(search.exact.ndcg_10), cell(search.exact.distinct),
                        cell(search.exact.recall_50)});
  }
  std::vector<Row> recommendations = {{"ten for an asset", "relevance", "of distinct", "diversity"}};
  for (const RecommendRow& one : report.recommendations) {
    recommendations.push_back({one.name, cell(one.relevance), cell(one.distinct), cell(one.diversity)});
  }
  out += table(searches) + "\n" + table(recommendations);
  return out;
}

std::string to_json(const SearchReport& report) {
  nlohmann::ordered_json json = {
      {"assets", report.assets}, {"vague", report.vague}, {"exact", report.exact}, {"seeds", report.seeds}};
  for (const SearchRow& search : report.searches) {
    json["searches"][search.name] = {{"vague", to_json(search.vague)}, {"exact", to_json(search.exact)}};
  }
  for (const RecommendRow& one : report.recommendations) {
    json["recommendations"][one.name] = {{"relevance", rounded(one.relevance)},
                                         {"distinct", rounded(one.distinct)},
                                         {"diversity", rounded(one.diversity)}};
  }
  return json.dump(2) + "\n";
}

}  // namespace updraft::eval
