#include "catalogue/recommend.h"

#include <algorithm>
#include <chrono>
#include <cmath>
#include <map>
#include <numeric>
#include <set>

#include "catalogue/look_up.h"
#include "catalogue/rank.h"
#include "text/typed.h"

namespace updraft::catalogue {
namespace {

constexpr std::size_t considered = 200;    // of the fused list
constexpr std::size_t diversified = 100;   // of what is left of it
constexpr std::size_t newest_events = 64;  // that count
constexpr std::size_t max_seen = 24;       // assets of events that are looked for
constexpr double query_weight = 0.5;       // of a further query beside the text
constexpr double fading = 0.9;             // of an event beside the next newer one
constexpr double unknown_appeal = 0.5;
// Cosines from which what is like a dismissed asset counts less, and counts nothing.
constexpr double dismissed_from = 0.4, dismissed_at = 0.8;

// What an event says about wanting more of the kind. Who bought has one already, and who looked may have been curious.
double weight_of(EventKind kind) {
  switch (kind) {
    case EventKind::view:
      return 0.5;
    case EventKind::click:
      return 0.7;
    case EventKind::buy:
      return 0.9;
    case EventKind::like:
    case EventKind::dismiss:
      break;
  }
  return 1;
}

// One of the things that recommendations are near to.
struct Interest {
  ReasonKind kind = ReasonKind::text;
  std::size_t index = 0;
  double weight = 1;
  std::string words = {};
  std::vector<float> point = {};  // [dimension]; empty: it has none
};

// What somebody did with one asset, all events of it together.
struct Seen {
  std::size_t event = 0;  // the strongest
  double strongest = 0;
  double weight = 0;
  bool dismissed = false;  // by the newest event that says either
};

struct Candidate {
  Fused fused;
  std::vector<float> point = {};
  std::string words = {};  // of title and tags, where there are no points
  double relevance = 0;    // 0..1
};

std::string words_of(const Asset& asset) {
  std::string words = asset.title;
  for (const std::string& tag : asset.tags) words.append(" ").append(tag);
  return words;
}

bool hardly_differ(std::span<const float> point, const std::string& words, std::span<const float> other_point,
                   const std::string& other_words) {
  if (!point.empty() && !other_point.empty()) return similarity(point, other_point) >= same;
  return words == other_words;
}

Result<> check(const RecommendOptions& options) {
  const auto refuse = [](std::string why) { return fail(ErrorCode::invalid_argument, std::move(why)); };
  const auto check_text = [](const char* what, const std::string& text) {
    return text::check_typed(what, text, max_utterance_bytes);
  };
  if (options.text.empty() && options.points.empty() && options.like.empty() && options.events.empty()) {
    return refuse("nothing to go by: neither a text nor a picture nor assets nor events");
  }
  if (!options.text.empty()) {
    if (auto good = check_text("text", options.text); !good) return good;
  }
  if (options.queries.size() > max_queries) return refuse("more than " + std::to_string(max_queries) + " queries");
  for (const std::string& query : options.queries) {
    if (auto good = check_text("query", query); !good) return good;
  }
  if (auto good = check_points(options.points); !good) return good;
  if (options.like.size() > max_liked) return refuse("more than " + std::to_string(max_liked) + " assets to be like");
  if (options.events.size() > max_events) return refuse("more than " + std::to_string(max_events) + " events");
  for (const Event& event : options.events) {
    if (!std::isfinite(event.time)) return refuse("an event at no finite time");
  }
  if (!(options.popularity >= 0 && options.popularity <= 1)) return refuse("popularity must be from 0 to 1");
  if (!(options.appeal >= 0 && options.appeal <= 1)) return refuse("appeal must be from 0 to 1");
  return check_lookup(options.limit, options.lambda, options.filters);
}

// One recommendation in one state of the catalogue.
class Recommending {
 public:
  Recommending(View& view, const std::optional<Encoder>& encoder, const RecommendOptions& options)
      : view_(view), look_up_(view, encoder, options.filters), options_(options) {}

  Result<RecommendAnswer> run() {
    if (auto done = add_texts(); !done) return tl::unexpected(done.error());
    add_points();
    for (const auto add : {&Recommending::add_liked, &Recommending::add_seen}) {
      if (auto done = (this->*add)(); !done) return tl::unexpected(done.error());
    }
    if (interests_.empty()) {
      return fail(ErrorCode::invalid_argument,
                  options_.events.empty()
                      ? "nothing to go by: the catalogue has no points that a picture's could be near to"
                      : "nothing to go by: no event but dismissals is of an asset that the catalogue holds");
    }
    auto candidates = find();
    if (!candidates) return tl::unexpected(candidates.error());
    drop_the_same(*candidates);
    weigh(*candidates);
    if (auto done = fill(*candidates); !done) return tl::unexpected(done.error());
    return std::move(answer_);
  }

 private:
  Result<> add_texts() {
    std::vector<std::string> texts;
    if (!options_.text.empty()) {
      auto corrected = look_up_.correct(options_.text, answer_.corrections);
      if (!corrected) return tl::unexpected(corrected.error());
      texts.push_back(*std::move(corrected));
      interests_.push_back({.kind = ReasonKind::text});
    }
    for (std::size_t i = 0; i < options_.queries.size(); ++i) {
      texts.push_back(options_.queries[i]);
      interests_.push_back({.kind = ReasonKind::query, .index = i, .weight = query_weight});
    }
    if (texts.empty()) return {};
    const auto start = std::chrono::steady_clock::now();
    const auto encoded = look_up_.encode(texts);
    if (!encoded) return tl::unexpected(encoded.error());
    const std::vector<float>& points = *encoded;
    answer_.encode_ms = std::chrono::duration<double, std::milli>(std::chrono::steady_clock::now() - start).count();
    const std::size_t dimension = points.size() / texts.size();
    for (std::size_t i = 0; i < texts.size(); ++i) {
      const auto begin = points.begin() + static_cast<std::ptrdiff_t>(i * dimension);
      interests_[i].words = std::move(texts[i]);
      interests_[i].point.assign(begin, begin + static_cast<std::ptrdiff_t>(dimension));
    }
    return {};
  }

  void add_points() {
    if (view_.about().dimension == 0) return;
    for (std::size_t i = 0; i < options_.points.size(); ++i) {
      interests_.push_back({.kind = ReasonKind::picture, .index = i, .point = options_.points[i]});
    }
  }

  Result<> add_liked() {
    for (std::size_t i = 0; i < options_.like.size(); ++i) {
      if (!named_.insert(options_.like[i]).second) continue;
      auto interest = interest_of(options_.like[i]);
      if (!interest) return tl::unexpected(interest.error());
      interest->kind = ReasonKind::like;
      interest->index = i;
      interests_.push_back(*std::move(interest));
    }
    return {};
  }

  Result<> add_seen() {
    std::vector<std::pair<Seen, Interest>> seen;
    for (const auto& [id, what] : seen_assets()) {
      auto interest = interest_of(id);
      if (!interest && interest.error().code == ErrorCode::not_found) {
        answer_.unknown.push_back(id);
        continue;
      }
      if (!interest) return tl::unexpected(interest.error());
      named_.insert(id);
      interest->kind = ReasonKind::event;
      interest->index = what.event;
      interest->weight = std::min(what.weight, 1.0);
      seen.emplace_back(what, *std::move(interest));
    }
    std::stable_sort(seen.begin(), seen.end(),
                     [](const auto& a, const auto& b) { return a.second.weight > b.second.weight; });
    std::size_t n = 0;
    for (auto& [what, interest] : seen) {
      if (what.dismissed) {
        dismissed_.push_back(std::move(interest));
      } else if (n++ < max_seen) {
        interests_.push_back(std::move(interest));
      }
    }
    return {};
  }

  // By id: what the newest events say, newer ones more.
  [[nodiscard]] std::map<std::string, Seen> seen_assets() const {
    std::vector<std::size_t> order(options_.events.size());
    std::iota(order.begin(), order.end(), 0);
    std::stable_sort(order.begin(), order.end(),
                     [&](std::size_t a, std::size_t b) { return options_.events[a].time < options_.events[b].time; });
    std::map<std::string, Seen> all;
    double fresh = 1;
    const std::size_t first = order.size() - std::min(order.size(), newest_events);
    for (std::size_t i = order.size(); i-- > first; fresh *= fading) {
      const Event& event = options_.events[order[i]];
      const auto [place, is_new] = all.try_emplace(event.asset);
      Seen& seen = place->second;
      if (is_new) seen.dismissed = event.kind == EventKind::dismiss;
      // What was dismissed counts for nothing else, and a dismissal that was taken back for nothing at all.
      if ((seen.dismissed && !is_new) || (!seen.dismissed && event.kind == EventKind::dismiss)) continue;
      const double weight = weight_of(event.kind) * fresh;
      if (weight > seen.strongest) {
        seen.strongest = weight;
        seen.event = order[i];
      }
      seen.weight += weight;
    }
    return all;
  }

  // Errors: not_found.
  Result<Interest> interest_of(const std::string& id) {
    const auto assets = view_.assets(std::span(&id, 1));
    if (!assets) return tl::unexpected(assets.error());
    auto point = view_.points(std::span(&id, 1));
    if (!point) return tl::unexpected(point.error());
    Interest interest{.words = words_of(assets->front()), .point = *std::move(point)};
    if (std::all_of(interest.point.begin(), interest.point.end(), [](float x) { return x == 0; })) {
      interest.point.clear();
    }
    return interest;
  }

  Result<std::vector<Candidate>> find() {
    std::vector<RankedList> lists;
    for (std::size_t i = 0; i < interests_.size(); ++i) {
      const Interest& interest = interests_[i];
      if (!interest.words.empty()) {
        auto by_words = look_up_.by_words(interest.words);
        if (!by_words) return tl::unexpected(by_words.error());
        lists.push_back({i, IndexKind::words, interest.weight, *std::move(by_words)});
      }
      if (interest.point.empty()) continue;
      auto by_point = look_up_.by_point(interest.point);
      if (!by_point) return tl::unexpected(by_point.error());
      lists.push_back({i, IndexKind::meaning, interest.weight, *std::move(by_point)});
    }
    std::vector<Fused> fused = fuse(lists);
    std::erase_if(fused, [&](const Fused& one) { return named_.contains(one.id); });
    fused.resize(std::min(fused.size(), considered));
    return candidates_of(std::move(fused));
  }

  Result<std::vector<Candidate>> candidates_of(std::vector<Fused> fused) {
    std::vector<std::string> ids;
    for (const Fused& one : fused) ids.push_back(one.id);
    const auto points = view_.points(ids);
    if (!points) return tl::unexpected(points.error());
    const auto dimension = static_cast<std::size_t>(view_.about().dimension);
    std::vector<Candidate> candidates;
    for (std::size_t i = 0; i < fused.size(); ++i) {
      Candidate candidate{.fused = std::move(fused[i])};
      const auto begin = points->begin() + static_cast<std::ptrdiff_t>(i * dimension);
      candidate.point.assign(begin, begin + static_cast<std::ptrdiff_t>(dimension));
      candidates.push_back(std::move(candidate));
    }
    if (dimension > 0) return candidates;
    const auto assets = view_.assets(ids);
    if (!assets) return tl::unexpected(assets.error());
    for (std::size_t i = 0; i < ids.size(); ++i) candidates[i].words = words_of((*assets)[i]);
    return candidates;
  }

  // Of those that hardly differ the first stays; what hardly differs from a named asset goes.
  void drop_the_same(std::vector<Candidate>& candidates) const {
    std::vector<Candidate> kept;
    for (Candidate& candidate : candidates) {
      const auto hardly_differs = [&](const auto& other) {
        return hardly_differ(candidate.point, candidate.words, other.point, other.words);
      };
      const auto is_asset_alike = [&](const Interest& interest) {
        const bool is_asset = interest.kind == ReasonKind::like || interest.kind == ReasonKind::event;
        return is_asset && hardly_differs(interest);
      };
      if (std::any_of(interests_.begin(), interests_.end(), is_asset_alike)) continue;
      if (std::any_of(dismissed_.begin(), dismissed_.end(), hardly_differs)) continue;
      if (std::any_of(kept.begin(), kept.end(), hardly_differs)) continue;
      kept.push_back(std::move(candidate));
    }
    candidates = std::move(kept);
  }

  // Relevance, the more the more popular and the more wanted, and the less the more it is like what was dismissed; the
  // highest first.
  void weigh(std::vector<Candidate>& candidates) const {
    double best = 0, most_popular = 0, most_wanted = 0;
    for (const Candidate& candidate : candidates) {
      best = std::max(best, candidate.fused.score);
      most_popular = std::max(most_popular, candidate.fused.popularity);
      most_wanted = std::max(most_wanted, appeal_of(candidate.fused.id).value_or(unknown_appeal));
    }
    for (Candidate& candidate : candidates) {
      double factor = 1;
      if (most_popular > 0) {
        const double known = std::log1p(candidate.fused.popularity) / std::log1p(most_popular);
        factor = (1 + options_.popularity * known) / (1 + options_.popularity);
      }
      const double wanted = appeal_of(candidate.fused.id).value_or(unknown_appeal);
      factor *= (1 + options_.appeal * wanted) / (1 + options_.appeal * most_wanted);
      for (const Interest& dismissed : dismissed_) {
        if (candidate.point.empty() || dismissed.point.empty()) continue;
        const double near = similarity(candidate.point, dismissed.point);
        const double lost = std::clamp((near - dismissed_from) / (dismissed_at - dismissed_from), 0.0, 1.0);
        factor *= 1 - dismissed.weight * lost;
      }
      candidate.relevance = candidate.fused.score / best * factor;
    }
    std::erase_if(candidates, [](const Candidate& candidate) { return !(candidate.relevance > 0); });
    std::stable_sort(candidates.begin(), candidates.end(),
                     [](const Candidate& a, const Candidate& b) { return a.relevance > b.relevance; });
    candidates.resize(std::min(candidates.size(), std::max(diversified, options_.limit)));
  }

  // Of what people made of the asset, where that is known.
  [[nodiscard]] std::optional<double> appeal_of(const std::string& id) const {
    if (!options_.appeals) return std::nullopt;
    const auto known = options_.appeals->find(id);
    if (known == options_.appeals->end() || std::isnan(known->second)) return std::nullopt;
    return std::clamp(known->second, 0.0, 1.0);
  }

  Result<> fill(const std::vector<Candidate>& candidates) {
    std::vector<double> relevance;
    std::vector<float> points;
    for (const Candidate& candidate : candidates) {
      relevance.push_back(candidate.relevance);
      points.insert(points.end(), candidate.point.begin(), candidate.point.end());
    }
    std::vector<std::size_t> order =
        diversify(relevance, points, static_cast<std::size_t>(view_.about().dimension), options_.lambda);
    order.resize(std::min(order.size(), options_.limit));
    std::vector<std::string> ids;
    for (const std::size_t i : order) ids.push_back(candidates[i].fused.id);
    auto assets = view_.assets(ids);
    if (!assets) return tl::unexpected(assets.error());
    for (std::size_t i = 0; i < order.size(); ++i) {
      const Candidate& candidate = candidates[order[i]];
      answer_.items.push_back(
          {std::move((*assets)[i]), candidate.relevance, reasons_for(candidate.fused), appeal_of(candidate.fused.id)});
    }
    return {};
  }

  [[nodiscard]] std::vector<Reason> reasons_for(const Fused& fused) const {
    std::map<std::size_t, double> shares;
    for (const Evidence& evidence : fused.evidence) {
      shares[evidence.query] +=
          interests_[evidence.query].weight / (rank_constant + static_cast<double>(evidence.rank)) / fused.score;
    }
    std::vector<Reason> reasons;
    for (const auto& [interest, share] : shares) {
      reasons.push_back({interests_[interest].kind, interests_[interest].index, share});
    }
    std::stable_sort(reasons.begin(), reasons.end(),
                     [](const Reason& a, const Reason& b) { return a.share > b.share; });
    return reasons;
  }

  View& view_;
  LookUp look_up_;
  const RecommendOptions& options_;
  std::vector<Interest> interests_;
  std::vector<Interest> dismissed_;
  std::set<std::string> named_;
  RecommendAnswer answer_;
};

}  // namespace

Result<RecommendAnswer> recommend(View& view, const std::optional<Encoder>& encoder, const RecommendOptions& options) {
  if (auto good = check(options); !good) return tl::unexpected(good.error());
  return Recommending(view, encoder, options).run();
}

}  // namespace updraft::catalogue
