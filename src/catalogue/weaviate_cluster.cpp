#include "catalogue/weaviate_cluster.h"

#include <algorithm>
#include <nlohmann/json.hpp>
#include <optional>
#include <thread>
#include <unordered_map>

#include "catalogue/weaviate_query.h"

namespace updraft::catalogue {
namespace {

using Clock = std::chrono::steady_clock;

constexpr std::chrono::milliseconds connect_limit{2'000}, request_limit{30'000};
constexpr std::size_t max_answer_bytes = 256 << 20;
constexpr std::size_t objects_a_batch = 128;
constexpr std::size_t at_a_time = 4;  // requests

// Longer each time, so that a node that is in trouble gets no more of it.
class BackOff {
 public:
  // false: the time is over.
  bool wait() {
    if (Clock::now() >= end_) return false;
    std::this_thread::sleep_for(pause_);
    pause_ = std::min(pause_ * 2, std::chrono::milliseconds(2'000));
    return true;
  }

 private:
  Clock::time_point end_ = Clock::now() + patience;
  std::chrono::milliseconds pause_{50};
};

// The node's trouble, not the request's: another node may do better.
bool is_failure(int status) { return status >= 500 || status == 429 || status == 408; }

// Calls work(i) for all i of [0, n), some at a time; the first error ends it.
Result<> in_parallel(std::size_t n, const std::function<Result<>(std::size_t)>& work) {
  std::atomic<std::size_t> next = 0;
  std::mutex mutex;
  Result<> done;
  const auto run = [&] {
    for (std::size_t i = next++; i < n; i = next++) {
      auto one = work(i);
      if (one) continue;
      const std::scoped_lock lock(mutex);
      if (done) done = std::move(one);
      next = n;
    }
  };
  std::vector<std::jthread> threads;
  for (std::size_t t = 1; t < std::min(at_a_time, n); ++t) threads.emplace_back(run);
  run();
  threads.clear();
  return done;
}

tl::unexpected<Error> refused(const http::Response& response) {
  return fail(ErrorCode::io, "the cluster refuses: " + complaint_of(response.status, response.body));
}

}  // namespace

// A client, given back in the end.
struct Cluster::Borrowed {
  explicit Borrowed(Cluster& from) : cluster(from) {
    const std::scoped_lock lock(cluster.mutex_);
    if (cluster.idle_.empty()) return;
    client.emplace(std::move(cluster.idle_.back()));
    cluster.idle_.pop_back();
  }
  ~Borrowed() {
    if (!client) return;
    const std::scoped_lock lock(cluster.mutex_);
    cluster.idle_.push_back(std::move(*client));
  }
  Borrowed(const Borrowed&) = delete;
  Borrowed& operator=(const Borrowed&) = delete;

  Cluster& cluster;
  std::optional<http::Client> client;
};

Cluster::Cluster(ClusterPlace place, std::vector<http::Client> clients)
    : place_(std::move(place)), idle_(std::move(clients)) {}

Result<std::unique_ptr<Cluster>> Cluster::make(ClusterPlace place) {
  auto client = http::Client::make();
  if (!client) return tl::unexpected(client.error());
  std::vector<http::Client> clients;
  clients.push_back(std::move(*client));
  return std::unique_ptr<Cluster>(new Cluster(std::move(place), std::move(clients)));
}

Result<http::Response> Cluster::ask_node(std::size_t node, const Call& call) {
  Borrowed borrowed(*this);
  if (!borrowed.client) {
    auto fresh = http::Client::make();
    if (!fresh) return tl::unexpected(fresh.error());
    borrowed.client.emplace(std::move(*fresh));
  }
  auto response = borrowed.client->send({.url = "http://" + place_.nodes[node] + call.path,
                                         .method = call.method,
                                         .body = call.body,
                                         .connect_limit = connect_limit,
                                         .limit = request_limit,
                                         .max_response_bytes = max_answer_bytes,
                                         .direct = true});
  if (!response) {
    doubt(node);
    return fail(response.error().code, place_.nodes[node] + ": " + response.error().message);
  }
  return response;
}

Result<http::Response> Cluster::ask(const Call& call, Try how) {
  BackOff back_off;
  Result<http::Response> answer;
  do {
    const std::size_t first = preferred_;
    for (std::size_t i = 0; i < n_nodes(); ++i) {
      const std::size_t node = (first + i) % n_nodes();
      answer = ask_node(node, call);
      if (!answer || is_failure(answer->status)) continue;
      if (i > 0) prefer(node);
      return answer;
    }
  } while (how == Try::patiently && back_off.wait());
  return answer ? Result<http::Response>(refused(*answer)) : answer;
}

Result<http::Response> Cluster::insist(const Call& call, std::initializer_list<int> good, Try how) {
  BackOff back_off;
  while (true) {
    auto answer = ask(call, how);
    if (!answer || std::find(good.begin(), good.end(), answer->status) != good.end()) return answer;
    // A node may not have heard yet of what another one knows; what it cannot read, no other one can.
    if (how == Try::once || answer->status == 400 || !back_off.wait()) return refused(*answer);
    prefer((preferred_ + 1) % n_nodes());
  }
}

Result<> Cluster::put(const std::vector<NewObject>& objects, Try how) {
  std::unordered_map<std::string, const NewObject*> missing;
  for (const NewObject& object : objects) missing[object.uuid] = &object;
  BackOff back_off;
  while (true) {
    std::string body = "{\"objects\":[";
    const char* separator = "";
    for (const auto& [uuid, object] : missing) body.append(std::exchange(separator, ",")).append(object->json);
    const auto answer = insist({"POST", "/v1/batch/objects?consistency_level=QUORUM", body + "]}"}, {200}, how);
    if (!answer) return tl::unexpected(answer.error());
    const auto read = read_batch(answer->body);
    if (!read) return tl::unexpected(read.error());
    for (const std::string& uuid : read->taken) missing.erase(uuid);
    if (missing.empty()) return {};
    prefer((preferred_ + 1) % n_nodes());
    if (how == Try::once || !back_off.wait()) {
      return fail(ErrorCode::io, "the cluster refuses: " +
                                     (read->refused.empty() ? "it does not say why" : read->refused.begin()->second));
    }
  }
}

Result<> Cluster::put_all(const std::vector<NewObject>& objects) {
  const std::size_t batches = (objects.size() + objects_a_batch - 1) / objects_a_batch;
  return in_parallel(batches, [&](std::size_t batch) {
    const auto begin = objects.begin() + static_cast<std::ptrdiff_t>(batch * objects_a_batch);
    const auto n = std::min<std::ptrdiff_t>(objects_a_batch, objects.end() - begin);
    return put({begin, begin + n});
  });
}

Result<> Cluster::set_until(const std::string& collection, const std::vector<std::string>& uuids, std::int64_t until) {
  return in_parallel(uuids.size(), [&](std::size_t i) -> Result<> {
    const nlohmann::json body = {{"class", collection}, {"id", uuids[i]}, {"properties", {{"until", until}}}};
    const std::string path = "/v1/objects/" + collection + "/" + uuids[i] + "?consistency_level=QUORUM";
    const auto answer = insist({"PATCH", path, body.dump()}, {200, 204});
    return answer ? Result<>() : tl::unexpected(answer.error());
  });
}

Result<> Cluster::erase(const std::string& collection, const std::string& where) {
  const std::string body = R"({"match":{"class":")" + collection + R"(","where":)" + where + R"(},"output":"minimal"})";
  BackOff back_off;
  while (true) {
    const auto answer = insist({"DELETE", "/v1/batch/objects?consistency_level=QUORUM", body}, {200});
    if (!answer) return tl::unexpected(answer.error());
    const auto deleted = read_deleted(answer->body);
    if (!deleted) return tl::unexpected(deleted.error());
    if (deleted->matches == 0) return {};
    // There is a limit to how many go at once.
    if (deleted->failed > 0 && !back_off.wait()) return fail(ErrorCode::io, "the cluster does not delete what is old");
  }
}

Result<std::optional<ClusterObject>> Cluster::object(const std::string& collection, const std::string& uuid) {
  const auto answer =
      ask({"GET", "/v1/objects/" + collection + "/" + uuid + "?consistency_level=QUORUM&include=vector"});
  if (!answer) return tl::unexpected(answer.error());
  if (answer->status == 404) return std::nullopt;
  if (answer->status != 200) return refused(*answer);
  auto read = read_object(answer->body);
  if (!read) return tl::unexpected(read.error());
  return std::move(*read);
}

Result<bool> Cluster::has_collection(const std::string& collection) {
  const auto answer = ask({"GET", "/v1/schema/" + collection});
  if (!answer) return tl::unexpected(answer.error());
  if (answer->status != 200 && answer->status != 404) return refused(*answer);
  return answer->status == 200;
}

Result<> Cluster::make_collection(const std::string& collection, const std::string& definition) {
  BackOff back_off;
  while (true) {
    const auto answer = ask({"POST", "/v1/schema", definition});
    if (!answer) return tl::unexpected(answer.error());
    if (answer->status == 200) return {};
    const auto there = has_collection(collection);
    if (!there) return tl::unexpected(there.error());
    if (*there) return {};
    if (!back_off.wait()) return refused(*answer);  // the nodes may be choosing a leader
  }
}

Result<> Cluster::remove_collection(const std::string& collection) {
  const auto answer = insist({"DELETE", "/v1/schema/" + collection}, {200, 404});
  return answer ? Result<>() : tl::unexpected(answer.error());
}

Result<std::vector<std::string>> Cluster::collections() {
  const auto answer = insist({"GET", "/v1/schema"}, {200});
  if (!answer) return tl::unexpected(answer.error());
  return read_collections(answer->body);
}

Result<std::size_t> Cluster::count_nodes() {
  const auto answer = insist({"GET", "/v1/nodes"}, {200});
  if (!answer) return tl::unexpected(answer.error());
  return read_node_count(answer->body);
}

Result<std::vector<std::string>> Cluster::aliases(const std::string& collection) {
  const auto answer = insist({"GET", "/v1/aliases?class=" + collection}, {200});
  if (!answer) return tl::unexpected(answer.error());
  return read_aliases(answer->body);
}

Result<bool> Cluster::make_alias(const std::string& alias, const std::string& collection) {
  const nlohmann::json body = {{"alias", alias}, {"class", collection}};
  BackOff back_off;
  while (true) {
    const auto answer = ask({"POST", "/v1/aliases", body.dump()});
    if (!answer) return tl::unexpected(answer.error());
    if (answer->status == 200) return true;
    const auto all = aliases(collection);
    if (!all) return tl::unexpected(all.error());
    if (std::find(all->begin(), all->end(), alias) != all->end()) return false;
    if (!back_off.wait()) return refused(*answer);
  }
}

void Cluster::remove_alias(const std::string& alias) { (void)ask({"DELETE", "/v1/aliases/" + alias}, Try::once); }

Result<ClusterAbout> Cluster::about() {
  const auto stored = object(state_collection(name()), about_uuid);
  if (!stored) return tl::unexpected(stored.error());
  return *stored ? read_cluster_about((**stored).value) : ClusterAbout();
}

Result<std::string> Cluster::ask_in_graphql(std::size_t node, const std::string& query) {
  auto answer = ask_node(node, {"POST", "/v1/graphql", query});
  if (!answer) return tl::unexpected(answer.error());
  if (answer->status != 200) return refused(*answer);
  return std::move(answer->body);
}

void Cluster::pass_over(std::size_t node, std::size_t attempt) {
  doubt(node);
  prefer((node + 1) % n_nodes());
  // The nodes need a moment to see that one of them has gone.
  std::this_thread::sleep_for(std::chrono::milliseconds(50) * attempt);
}

Result<std::size_t> Cluster::count_on(std::size_t node, const ClusterAbout& about) {
  const std::string collection = store_collection(name(), about.store);
  const auto body = ask_in_graphql(node, count_query(collection, where_visible(about.about.generation)));
  if (!body) return tl::unexpected(body.error());
  return read_count(*body, collection);
}

bool Cluster::is_whole(std::size_t node, const ClusterAbout& about) {
  if (about.about.assets == 0) return true;
  {
    const std::scoped_lock lock(mutex_);
    const auto known = whole_.find(node);
    if (known != whole_.end() && known->second == about) return true;
  }
  const auto count = count_on(node, about);
  if (!count || *count != about.about.assets) return false;
  const std::scoped_lock lock(mutex_);
  whole_[node] = about;
  return true;
}

Result<std::size_t> Cluster::node_for(const ClusterAbout& about) {
  const std::size_t first = preferred_;
  for (std::size_t i = 0; i < n_nodes(); ++i) {
    const std::size_t node = (first + i) % n_nodes();
    if (is_whole(node, about)) return node;
  }
  std::optional<std::size_t> best;
  std::size_t most = 0;
  Result<std::size_t> count;
  for (std::size_t node = 0; node < n_nodes(); ++node) {
    count = count_on(node, about);
    if (!count || (best && *count <= most)) continue;
    best = node;
    most = *count;
  }
  if (!best) return tl::unexpected(count.error());
  return *best;
}

void Cluster::doubt(std::size_t node) {
  const std::scoped_lock lock(mutex_);
  whole_.erase(node);
}

}  // namespace updraft::catalogue
