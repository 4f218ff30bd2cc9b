#include "catalogue/weaviate_view.h"

#include <algorithm>
#include <cmath>
#include <unordered_map>

#include "catalogue/weaviate_query.h"
#include "catalogue/weaviate_schema.h"
#include "catalogue/words.h"
#include "text/edit_distance.h"
#include "text/utf8.h"

namespace updraft::catalogue {
namespace {

constexpr std::size_t most_results = 10'000;  // QUERY_MAXIMUM_RESULTS
constexpr std::size_t ids_a_question = 200;
constexpr std::size_t most_candidates = 64;  // of words that may be meant
constexpr const char* searched = R"(["titleStems^4","tagStems^2","descriptionStems"])";

class WeaviateView final : public View {
 public:
  WeaviateView(Cluster& cluster, const Stemmer& stemmer, const ClusterAbout& about)
      : cluster_(cluster), stemmer_(stemmer), about_(about), store_(store_collection(cluster.name(), about.store)) {}

  [[nodiscard]] About about() const override { return about_.about; }

  Result<std::vector<Found>> by_words(std::span<const std::string> words, const Filters& filters,
                                      std::size_t k) override {
    std::string text;
    for (const std::string& word : words) text.append(text.empty() ? "" : " ").append(word);
    const std::string stems = stemmer_.stems_of(text);
    if (stems.empty() || k == 0 || is_empty()) return std::vector<Found>();
    return find("bm25:{query:" + to_graphql(stems) + ",properties:" + searched + "}", filters, k, "score");
  }

  Result<std::vector<Found>> by_point(std::span<const float> point, const Filters& filters, std::size_t k) override {
    const bool is_one = point.size() == static_cast<std::size_t>(about_.about.dimension) &&
                        std::all_of(point.begin(), point.end(), [](float x) { return std::isfinite(x); }) &&
                        std::any_of(point.begin(), point.end(), [](float x) { return x != 0; });
    if (!is_one || k == 0 || is_empty()) return std::vector<Found>();
    return find("nearVector:{vector:" + to_text(point) + "}", filters, k, "distance");
  }

  Result<std::vector<Asset>> assets(std::span<const std::string> ids) override {
    auto objects = by_id(ids, asset_fields);
    if (!objects) return tl::unexpected(objects.error());
    std::vector<Asset> assets;
    for (const std::string& id : ids) {
      const auto found = objects->find(id);
      if (found == objects->end()) return fail(ErrorCode::not_found, "the catalogue has no asset '" + id + "'");
      assets.push_back(found->second.asset);
    }
    return assets;
  }

  Result<std::vector<float>> points(std::span<const std::string> ids) override {
    const auto dimension = static_cast<std::size_t>(about_.about.dimension);
    std::vector<float> points(ids.size() * dimension);
    if (dimension == 0) return points;
    const auto objects = by_id(ids, "asset _additional{vector}");
    if (!objects) return tl::unexpected(objects.error());
    for (std::size_t i = 0; i < ids.size(); ++i) {
      const auto found = objects->find(ids[i]);
      if (found == objects->end() || found->second.point.size() != dimension) continue;
      std::copy(found->second.point.begin(), found->second.point.end(),
                points.begin() + static_cast<std::ptrdiff_t>(i * dimension));
    }
    return points;
  }

  Result<std::size_t> assets_with(const std::string& word) override {
    if (word.empty() || is_empty()) return 0;
    const auto known = counts_.find(word);
    if (known != counts_.end()) return known->second;
    const Where where = where_all({where_visible(about_.about.generation), where_text("words", std::span(&word, 1))});
    const auto count = cluster_.ask_about(about_, count_query(store_, where),
                                          [&](std::string_view body) { return read_count(body, store_); });
    if (count) counts_[word] = *count;
    return count;
  }

  Result<std::string> nearest_word(const std::string& word) override {
    const std::size_t most = mistakes_in(word);
    if (most == 0 || is_empty()) return std::string();
    const std::string state = state_collection(cluster_.name());
    const std::string arguments =
        "limit:" + std::to_string(most_results) + ",where:" + to_graphql(where_text("near", shortened(word, most)));
    const auto candidates = cluster_.ask_about(about_, get_query(state, arguments, "word"),
                                               [&](std::string_view body) { return read_objects(body, state); });
    if (!candidates) return tl::unexpected(candidates.error());
    // Words of assets that are gone are candidates, too; only those that some asset holds are meant.
    Vocabulary vocabulary;
    std::size_t counted = 0;
    for (std::size_t mistakes = 1; mistakes <= most; ++mistakes) {
      for (const ClusterObject& candidate : *candidates) {
        if (distance(word, candidate.word, most) != mistakes || counted++ == most_candidates) continue;
        const auto assets = assets_with(candidate.word);
        if (!assets) return tl::unexpected(assets.error());
        if (*assets > 0) vocabulary.add(candidate.word, *assets);
      }
    }
    return vocabulary.nearest(word);
  }

 private:
  [[nodiscard]] bool is_empty() const { return about_.store == 0 || about_.about.assets == 0; }

  static std::size_t distance(const std::string& a, const std::string& b, std::size_t most) {
    const auto characters = [](const std::string& text) {
      std::u32string out;
      for (std::size_t at = 0; at < text.size();) out += text::next_codepoint(text, at);
      return out;
    };
    return text::edit_distance(characters(a), characters(b), most);
  }

  Result<std::vector<Found>> find(const std::string& what, const Filters& filters, std::size_t k,
                                  const std::string& score) {
    const Where where = where_visible(about_.about.generation, filters);
    const std::string arguments =
        "limit:" + std::to_string(std::min(k, most_results)) + "," + what + ",where:" + to_graphql(where);
    auto objects =
        cluster_.ask_about(about_, get_query(store_, arguments, "asset popularity _additional{" + score + "}"),
                           [&](std::string_view body) { return read_objects(body, store_); });
    if (!objects) return tl::unexpected(objects.error());
    std::vector<Found> found;
    for (ClusterObject& object : *objects) {
      found.push_back({std::move(object.asset.id), object.score, object.asset.popularity});
    }
    std::stable_sort(found.begin(), found.end(), [](const Found& a, const Found& b) {
      return a.score > b.score || (a.score == b.score && a.id < b.id);
    });
    return found;
  }

  Result<std::unordered_map<std::string, ClusterObject>> by_id(std::span<const std::string> ids, const char* fields) {
    std::unordered_map<std::string, ClusterObject> by_id;
    if (is_empty()) return by_id;
    auto objects = find_objects(cluster_, about_, ids, fields);
    if (!objects) return tl::unexpected(objects.error());
    for (ClusterObject& object : *objects) {
      std::string id = object.asset.id;
      by_id.emplace(std::move(id), std::move(object));
    }
    return by_id;
  }

  Cluster& cluster_;
  const Stemmer& stemmer_;
  ClusterAbout about_;
  std::string store_;
  std::unordered_map<std::string, std::size_t> counts_;  // of words that were asked for
};

}  // namespace

std::unique_ptr<View> weaviate_view(Cluster& cluster, const Stemmer& stemmer, const ClusterAbout& about) {
  return std::make_unique<WeaviateView>(cluster, stemmer, about);
}

Result<std::vector<ClusterObject>> find_objects(Cluster& cluster, const ClusterAbout& about,
                                                std::span<const std::string> ids, const char* fields) {
  const std::string store = store_collection(cluster.name(), about.store);
  std::vector<std::string> wanted(ids.begin(), ids.end());
  std::erase(wanted, std::string());
  std::vector<ClusterObject> all;
  for (std::size_t begin = 0; begin < wanted.size(); begin += ids_a_question) {
    const auto some = std::span(wanted).subspan(begin, std::min(ids_a_question, wanted.size() - begin));
    const Where where = where_all({where_visible(about.about.generation), where_text("asset", some)});
    const std::string arguments = "limit:" + std::to_string(some.size()) + ",where:" + to_graphql(where);
    auto objects = cluster.ask_about(about, get_query(store, arguments, fields),
                                     [&](std::string_view body) { return read_objects(body, store); });
    if (!objects) return tl::unexpected(objects.error());
    std::move(objects->begin(), objects->end(), std::back_inserter(all));
  }
  return all;
}

}  // namespace updraft::catalogue
