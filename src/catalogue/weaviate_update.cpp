#include "catalogue/weaviate_update.h"

#include <algorithm>
#include <cmath>
#include <map>
#include <nlohmann/json.hpp>
#include <optional>
#include <thread>
#include <unordered_map>
#include <unordered_set>

#include "catalogue/weaviate_lease.h"
#include "catalogue/weaviate_query.h"
#include "catalogue/weaviate_schema.h"
#include "catalogue/weaviate_view.h"

namespace updraft::catalogue {
namespace {

constexpr std::size_t waiting_at_most = 512;  // assets that are sent together
constexpr std::size_t objects_a_page = 2'000;
constexpr std::size_t most_results = 10'000;  // QUERY_MAXIMUM_RESULTS

// Of unit length. Errors: invalid_argument.
Result<std::vector<float>> unit(std::span<const float> point, int dimension) {
  double square = 0;
  for (const float x : point) square += double{x} * x;
  if (dimension == 0) return fail(ErrorCode::invalid_argument, "a point for a catalogue without an encoder");
  if (point.size() != static_cast<std::size_t>(dimension) || !std::isfinite(square) || !(square > 0)) {
    return fail(ErrorCode::invalid_argument, "the point is not finite, or is 0");
  }
  std::vector<float> out(point.begin(), point.end());
  const auto scale = static_cast<float>(1 / std::sqrt(square));
  for (float& x : out) x *= scale;
  return out;
}

class WeaviateUpdate final : public Update {
 public:
  static Result<std::unique_ptr<Update>> begin(Cluster& cluster, const Stemmer& stemmer) {
    auto about = cluster.about();
    if (!about) return tl::unexpected(about.error());
    auto lease = Lease::take(cluster, about->about.generation);
    if (!lease) return tl::unexpected(lease.error());
    about = cluster.about();  // the one who wrote before may have ended meanwhile
    if (!about) return tl::unexpected(about.error());
    std::unique_ptr<WeaviateUpdate> update(new WeaviateUpdate(cluster, stemmer, std::move(*lease), *about));
    if (auto done = update->remove_leftovers(); !done) return tl::unexpected(done.error());
    if (auto done = update->load_known(); !done) return tl::unexpected(done.error());
    return update;
  }

  [[nodiscard]] About about() const override { return before_.about; }

  Result<> use_encoder(int dimension, std::uint64_t encoder) override {
    now_.about.dimension = dimension;
    now_.about.encoder = encoder;
    now_.store = 0;
    all_anew_ = true;
    return {};
  }

  Result<bool> points_are_lost() override { return all_anew_; }

  Result<Mark> mark(const std::string& id) override { return marked_.insert(id).second ? Mark::first : Mark::again; }

  Result<std::optional<Fingerprint>> find(const std::string& id) override {
    const auto known = known_.find(id);
    if (known == known_.end() || (all_anew_ && !known->second.is_new)) return std::nullopt;
    return known->second.fingerprint;
  }

  Result<> put(const Asset& asset, const Fingerprint& fingerprint, std::span<const float> point) override {
    Waiting waiting{.uuid = random_uuid(), .asset = asset, .fingerprint = fingerprint};
    if (!point.empty()) {
      auto good = unit(point, now_.about.dimension);
      if (!good) return tl::unexpected(good.error());
      waiting.point = std::move(*good);
    }
    const auto known = known_.find(asset.id);
    if (known != known_.end() && known->second.is_new) {  // given twice in this update
      if (auto done = flush(); !done) return done;
    }
    if (known != known_.end() && !is_in_old_store(known->second)) {
      waiting.keeps_point = point.empty() && now_.about.dimension > 0;
      ended_.push_back(known->second.uuid);
    }
    known_[asset.id] = {waiting.uuid, fingerprint, true};
    waiting_.push_back(std::move(waiting));
    changed_ = true;
    return waiting_.size() < waiting_at_most ? Result<>() : flush();
  }

  Result<std::vector<std::string>> unmarked() override {
    std::vector<std::string> ids;
    for (const auto& [id, known] : known_) {
      if (!marked_.contains(id)) ids.push_back(id);
    }
    return ids;
  }

  Result<Asset> asset(const std::string& id) override {
    const auto known = known_.find(id);
    if (known == known_.end()) return none(id);
    if (known->second.is_new) {
      if (auto done = flush(); !done) return tl::unexpected(done.error());
    }
    const std::uint64_t store = known->second.is_new ? now_.store : before_.store;
    auto object = cluster_.object(store_collection(cluster_.name(), store), known->second.uuid);
    if (!object) return tl::unexpected(object.error());
    if (!*object) return none(id);
    return std::move((**object).asset);
  }

  Result<> erase(const std::string& id) override {
    const auto known = known_.find(id);
    if (known == known_.end()) return none(id);
    if (known->second.is_new) {
      if (auto done = flush(); !done) return done;
    }
    if (!is_in_old_store(known->second)) ended_.push_back(known->second.uuid);
    known_.erase(known);
    changed_ = true;
    return ended_.size() < waiting_at_most ? Result<>() : flush();
  }

  Result<> set_aside(std::span<const std::uint64_t> meanings, std::span<const float> points) override {
    if (meanings.empty()) return {};
    const std::string state = state_collection(cluster_.name());
    const std::size_t dimension = points.size() / meanings.size();
    std::vector<NewObject> objects;
    for (std::size_t i = 0; i < meanings.size(); ++i) {
      objects.push_back(point_object(state, now_.about.encoder, meanings[i], points.subspan(i * dimension, dimension)));
    }
    return cluster_.put_all(objects);
  }

  Result<bool> recall(std::uint64_t meaning, std::span<float> point) override {
    if (auto done = load_set_aside(); !done) return tl::unexpected(done.error());
    const auto there = aside_.find(to_hex(now_.about.encoder) + " " + to_hex(meaning));
    if (there == aside_.end()) return false;
    const auto object = cluster_.object(state_collection(cluster_.name()), there->second);
    if (!object) return tl::unexpected(object.error());
    if (!*object || (**object).point.size() != point.size()) return false;
    std::copy((**object).point.begin(), (**object).point.end(), point.begin());
    return true;
  }

  Result<About> commit() override {
    if (auto done = carry_over(); !done) return tl::unexpected(done.error());
    if (auto done = flush(); !done) return tl::unexpected(done.error());
    if (changed_ || all_anew_) {
      now_.about.generation = lease_->number();
      now_.about.assets = known_.size();
      if (auto done = wait_until_whole(); !done) return tl::unexpected(done.error());
      if (auto done = lease_->check(); !done) return tl::unexpected(done.error());
      const std::string state = state_collection(cluster_.name());
      if (auto done = cluster_.put({value_object(state, about_uuid, to_text(now_))}); !done) {
        return tl::unexpected(done.error());
      }
    }
    // From here on the new state holds; what follows only tidies up.
    (void)remove_set_aside();
    return now_.about;
  }

 private:
  // The newest version of an asset.
  struct Known {
    std::string uuid;
    Fingerprint fingerprint;
    bool is_new = false;  // of this update
  };
  struct Waiting {
    std::string uuid;
    Asset asset;
    Fingerprint fingerprint;
    std::vector<float> point = {};
    bool keeps_point = false;  // of the version before
  };

  WeaviateUpdate(Cluster& cluster, const Stemmer& stemmer, std::unique_ptr<Lease> lease, const ClusterAbout& about)
      : cluster_(cluster), stemmer_(stemmer), lease_(std::move(lease)), before_(about), now_(about) {}

  static tl::unexpected<Error> none(const std::string& id) {
    return fail(ErrorCode::not_found, "the catalogue has no asset '" + id + "'");
  }

  // Of the store that the update leaves behind.
  [[nodiscard]] bool is_in_old_store(const Known& known) const { return all_anew_ && !known.is_new; }

  // What updates that came to no end have written, and what is older than the state that holds.
  Result<> remove_leftovers() {
    const auto collections = cluster_.collections();
    if (!collections) return tl::unexpected(collections.error());
    for (const std::string& collection : *collections) {
      const std::uint64_t store = store_of(collection, cluster_.name());
      if (store == 0 || store == before_.store) continue;
      if (auto done = cluster_.remove_collection(collection); !done) return done;
    }
    return before_.store == 0 ? Result<>() : remove_other_versions(before_.about.generation);
  }

  Result<> remove_other_versions(std::uint64_t generation) {
    const std::string store = store_collection(cluster_.name(), before_.store);
    const auto now = static_cast<std::int64_t>(generation);
    for (const Where& where :
         {where_number("since", "GreaterThan", now), where_number("until", "LessThanEqual", now)}) {
      if (auto done = cluster_.erase(store, where.dump()); !done) return done;
    }
    const Where ended =
        where_all({where_number("until", "GreaterThan", now), where_number("until", "LessThan", for_ever)});
    const std::string query =
        get_query(store, "limit:" + std::to_string(most_results) + ",where:" + to_graphql(ended), "_additional{id}");
    while (true) {
      const auto objects =
          cluster_.ask_about(before_, query, [&](std::string_view body) { return read_objects(body, store); });
      if (!objects) return tl::unexpected(objects.error());
      if (objects->empty()) return {};
      std::vector<std::string> uuids;
      for (const ClusterObject& object : *objects) uuids.push_back(object.uuid);
      if (auto done = cluster_.set_until(store, uuids, for_ever); !done) return done;
    }
  }

  // All objects of a collection, page by page.
  template <class Take>
  Result<> for_each(const std::string& collection, const char* fields, const Take& take) {
    std::string after;
    while (true) {
      const std::string arguments = "limit:" + std::to_string(objects_a_page) + ",after:" + to_graphql(after);
      auto objects = cluster_.ask_about(before_, get_query(collection, arguments, fields),
                                        [&](std::string_view body) { return read_objects(body, collection); });
      if (!objects) return tl::unexpected(objects.error());
      if (objects->empty()) return {};
      if (objects->back().uuid <= after) return fail(ErrorCode::corrupt, "the cluster lists an object twice");
      after = objects->back().uuid;
      for (ClusterObject& object : *objects) take(object);
    }
  }

  // From a node that holds all of it: what was overlooked here would be written a second time.
  Result<> load_known() {
    if (before_.store == 0 || before_.about.assets == 0) return {};
    const auto now = static_cast<std::int64_t>(before_.about.generation);
    const auto end = std::chrono::steady_clock::now() + patience;
    while (true) {
      known_.clear();
      auto done = for_each(store_collection(cluster_.name(), before_.store),
                           "asset content meaning since until _additional{id}", [&](ClusterObject& object) {
                             if (object.since > now || object.until <= now) return;
                             known_[object.asset.id] = {std::move(object.uuid), object.fingerprint, false};
                           });
      if (!done) return done;
      if (known_.size() == before_.about.assets) return {};
      if (std::chrono::steady_clock::now() >= end) break;
      std::this_thread::sleep_for(std::chrono::seconds(1));
    }
    return fail(ErrorCode::io, cluster_.name() +
                                   ": no node holds all of the catalogue; try again when the nodes that "
                                   "were away have caught up");
  }

  Result<> load_set_aside() {
    if (aside_loaded_) return {};
    aside_loaded_ = true;
    const std::string state = state_collection(cluster_.name());
    return for_each(state, "kind encoder meaning _additional{id}", [&](ClusterObject& object) {
      if (object.kind != "point") return;
      aside_[object.encoder + " " + to_hex(object.fingerprint.meaning)] = std::move(object.uuid);
    });
  }

  Result<> remove_set_aside() {
    return cluster_.erase(state_collection(cluster_.name()), where_is("kind", "point").dump());
  }

  // Assets that were left behind in the old store come along, without a point.
  Result<> carry_over() {
    if (!all_anew_) return {};
    std::vector<std::string> ids;
    for (const auto& [id, known] : known_) {
      if (!known.is_new) ids.push_back(id);
    }
    for (const std::string& id : ids) {
      const auto old = asset(id);
      if (!old) return tl::unexpected(old.error());
      if (auto done = put(*old, known_[id].fingerprint, {}); !done) return done;
    }
    return {};
  }

  // Sends what waits.
  Result<> flush() {
    if (waiting_.empty() && ended_.empty()) return {};
    if (auto good = lease_->check(); !good) return good;
    if (auto done = make_store(); !done) return done;
    const std::string store = store_collection(cluster_.name(), now_.store);
    if (auto done = fetch_kept_points(); !done) return done;
    std::vector<NewObject> objects;
    for (const Waiting& one : waiting_) {
      objects.push_back(
          asset_object(store, one.uuid, one.asset, one.fingerprint, lease_->number(), one.point, stemmer_));
    }
    if (auto done = cluster_.put_all(objects); !done) return done;
    if (auto done = put_words(); !done) return done;
    if (auto done = cluster_.set_until(store, ended_, static_cast<std::int64_t>(lease_->number())); !done) return done;
    waiting_.clear();
    ended_.clear();
    return {};
  }

  Result<> make_store() {
    if (now_.store != 0) return {};
    const auto nodes = cluster_.count_nodes();
    if (!nodes) return tl::unexpected(nodes.error());
    const std::string store = store_collection(cluster_.name(), lease_->number());
    auto done = cluster_.make_collection(store, store_definition(store, now_.about.dimension, *nodes).dump());
    if (done) now_.store = lease_->number();
    return done;
  }

  Result<> fetch_kept_points() {
    std::map<std::string, Waiting*> missing;
    std::vector<std::string> ids;
    for (Waiting& one : waiting_) {
      if (!one.keeps_point) continue;
      missing[one.asset.id] = &one;
      ids.push_back(one.asset.id);
    }
    auto objects = find_objects(cluster_, before_, ids, "asset _additional{vector}");
    if (!objects) return tl::unexpected(objects.error());
    for (ClusterObject& object : *objects) {
      const auto place = missing.find(object.asset.id);
      if (place != missing.end()) place->second->point = std::move(object.point);
    }
    return {};
  }

  Result<> put_words() {
    const std::string state = state_collection(cluster_.name());
    std::vector<NewObject> objects;
    for (const Waiting& one : waiting_) {
      for (const std::string& word : words_of(one.asset)) {
        if (words_.insert(word).second) objects.push_back(word_object(state, word));
      }
    }
    return cluster_.put_all(objects);
  }

  // Until a node holds all that was written. The others get what they miss from it.
  Result<> wait_until_whole() {
    const auto end = std::chrono::steady_clock::now() + patience;
    while (now_.store != 0) {
      for (std::size_t node = 0; node < cluster_.n_nodes(); ++node) {
        if (cluster_.is_whole(node, now_)) return {};
      }
      if (std::chrono::steady_clock::now() >= end) {
        return fail(ErrorCode::io,
                    cluster_.name() + ": no node holds all that was written; the catalogue stays as it was");
      }
      std::this_thread::sleep_for(std::chrono::milliseconds(500));
    }
    return {};
  }

  Cluster& cluster_;
  const Stemmer& stemmer_;
  std::unique_ptr<Lease> lease_;
  ClusterAbout before_, now_;
  bool changed_ = false, all_anew_ = false, aside_loaded_ = false;
  std::map<std::string, Known> known_;                  // by id
  std::unordered_set<std::string> marked_, words_;      // words that were written
  std::unordered_map<std::string, std::string> aside_;  // UUIDs of points by encoder and meaning
  std::vector<Waiting> waiting_;
  std::vector<std::string> ended_;  // UUIDs of versions that this update ends
};

}  // namespace

Result<std::unique_ptr<Update>> begin_weaviate_update(Cluster& cluster, const Stemmer& stemmer) {
  return WeaviateUpdate::begin(cluster, stemmer);
}

}  // namespace updraft::catalogue
