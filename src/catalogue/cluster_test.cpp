// The backend on a cluster of three nodes: the contract of all backends, and what becomes of it when nodes and writers
// are killed.
#include <gtest/gtest.h>
#include <sys/wait.h>
#include <unistd.h>

#include <atomic>
#include <chrono>
#include <csignal>
#include <thread>

#include "catalogue/backend_contract.h"
#include "catalogue/test_cluster.h"
#include "catalogue/weaviate.h"
#include "catalogue/weaviate_cluster.h"

namespace updraft::catalogue::test {
namespace {

constexpr int dimension = 32;

template <class T>
T must(Result<T> result) {
  if (!result) throw std::runtime_error(result.error().message);
  return std::move(*result);
}
void must(const Result<>& result) {
  if (!result) throw std::runtime_error(result.error().message);
}

// A collection that nobody else has.
class ClusterPlaceOfATest final : public Place {
 public:
  ~ClusterPlaceOfATest() override {
    const auto cluster = Cluster::make(*parse_cluster_place(place()));
    if (!cluster) return;
    if (const auto aliases = (**cluster).aliases(state_collection(name_))) {
      for (const std::string& alias : *aliases) (**cluster).remove_alias(alias);
    }
    if (const auto collections = (**cluster).collections()) {
      for (const std::string& collection : *collections) {
        if (collection.starts_with(name_ + "_")) (void)(**cluster).remove_collection(collection);
      }
    }
  }
  Result<std::unique_ptr<Backend>> open_to_write() override { return open_weaviate(place(), Access::write); }
  Result<std::unique_ptr<Backend>> open_to_read() override { return open_weaviate(place(), Access::read); }
  [[nodiscard]] std::string place(const std::string& nodes = all_nodes()) const {
    return "weaviate://" + nodes + "/" + name_;
  }
  [[nodiscard]] const std::string& name() const { return name_; }

 private:
  std::string name_ = "Test" + random_uuid().substr(0, 8);
};

std::unique_ptr<Place> make_cluster_place() { return std::make_unique<ClusterPlaceOfATest>(); }

INSTANTIATE_TEST_SUITE_P(Weaviate, BackendContract, testing::Values(&make_cluster_place));

Asset numbered(int n) {
  Asset asset;
  asset.id = std::to_string(n);
  asset.title = "boat number" + std::to_string(n);
  asset.tags = {n % 2 == 0 ? "even" : "odd"};
  asset.facets = {{"kind", n % 2 == 0 ? "even" : "odd"}};
  return asset;
}

std::vector<float> point_of(int n) {
  std::vector<float> point(dimension, 0.01F);
  point[static_cast<std::size_t>(n % dimension)] = 1;
  point[static_cast<std::size_t>(n / dimension % dimension)] += 0.5F;
  return point;
}

void put(Update& update, int n) {
  (void)must(update.mark(std::to_string(n)));
  must(update.put(numbered(n), fingerprint(numbered(n)), point_of(n)));
}

// The ids of [0, n) whose assets a view does not have as they were put.
std::string missing(View& view, int n) {
  std::string missing;
  for (int i = 0; i < n; ++i) {
    const std::string id = std::to_string(i);
    const auto assets = view.assets(std::span(&id, 1));
    if (!assets || fingerprint(assets->front()) != fingerprint(numbered(i))) missing += id + " ";
  }
  return missing;
}

class ClusterFailover : public testing::Test {
 protected:
  ~ClusterFailover() override { start_nodes(); }

  // n assets in an update of their own.
  About fill(int n) {
    const auto backend = must(place_.open_to_write());
    const auto update = must(backend->update());
    must(update->use_encoder(dimension, 7));
    for (int i = 0; i < n; ++i) put(*update, i);
    return must(update->commit());
  }

  // Whether one node alone comes to hold all of the catalogue.
  [[nodiscard]] bool catches_up(int n) const {
    const auto cluster = must(Cluster::make(*parse_cluster_place(place_.place(node(n)))));
    for (int seconds = 0; seconds < 180; ++seconds) {
      const auto about = cluster->about();
      if (about && cluster->is_whole(0, *about)) return true;
      std::this_thread::sleep_for(std::chrono::seconds(1));
    }
    return false;
  }

  ClusterPlaceOfATest place_;
};

TEST_F(ClusterFailover, LosesNothingWhenANodeIsKilledWhileItIsFilled) {
  constexpr int n = 3000;
  const auto backend = must(place_.open_to_write());
  {
    const auto update = must(backend->update());
    must(update->use_encoder(dimension, 7));
    std::jthread killer;
    for (int i = 0; i < n; ++i) {
      if (i == n / 3) killer = std::jthread([] { kill_node(0); });  // the one that is asked first
      put(*update, i);
    }
    EXPECT_EQ(must(update->commit()).assets, std::size_t{n});
  }
  {
    const auto view = must(backend->view());
    EXPECT_EQ(view->about().assets, std::size_t{n});
    EXPECT_EQ(missing(*view, n), "");
    EXPECT_EQ(must(view->assets_with("even")), std::size_t{n / 2});
  }
  // The node comes back, and gets what it missed: it alone can tell all of it.
  start_nodes();
  ASSERT_TRUE(catches_up(0));
  const auto alone = must(open_weaviate(place_.place(node(0)), Access::read));
  const auto view = must(alone->view());
  EXPECT_EQ(missing(*view, n), "");
  const std::vector<std::string> words = {"number2999"};
  EXPECT_EQ(must(view->by_words(words, {}, 5)).front().id, "2999");
  // Weaviate stores the assets of a batch before their points. What was between the two when the node was killed, at
  // most four batches of 128, that node finds by its words alone until it is written again.
  EXPECT_GE(must(view->by_point(point_of(2999), {}, 2999)).size(), 2999U - 4 * 128);
}

TEST_F(ClusterFailover, LosesNothingWhenANodeIsKilledWhileItIsChanged) {
  constexpr int n = 1000;
  (void)fill(n);
  const auto backend = must(place_.open_to_write());
  const auto update = must(backend->update());
  std::jthread killer;
  for (int i = 0; i < n; ++i) {
    if (i == n / 4) killer = std::jthread([] { kill_node(1); });
    if (i % 2 == 0) {
      must(update->erase(std::to_string(i)));
    } else {
      Asset other = numbered(i);
      other.popularity = 5;
      must(update->put(other, fingerprint(other), {}));
    }
  }
  EXPECT_EQ(must(update->commit()).assets, std::size_t{n / 2});
  const auto view = must(backend->view());
  EXPECT_EQ(must(view->assets_with("even")), 0U);
  EXPECT_EQ(must(view->assets_with("odd")), std::size_t{n / 2});
  const auto found = must(view->by_point(point_of(1), {}, n));
  EXPECT_EQ(found.size(), std::size_t{n / 2});
  for (const Found& one : found) EXPECT_EQ(one.popularity, 5) << one.id;
  start_nodes();
  EXPECT_TRUE(catches_up(1));
}

TEST_F(ClusterFailover, GoesOnSearchingWhenNodesAreKilled) {
  constexpr int n = 500;
  (void)fill(n);
  const auto backend = must(place_.open_to_read());
  std::atomic<bool> done = false;
  std::jthread killer([&] {
    for (const int victim : {0, 2}) {
      kill_node(victim);
      std::this_thread::sleep_for(std::chrono::seconds(5));
      start_nodes();
    }
    done = true;
  });
  int searches = 0;
  for (; !done || searches < 100; ++searches) {
    const int i = searches % n;
    const auto view = backend->view();
    ASSERT_TRUE(view) << view.error().message;
    const std::vector<std::string> words = {"number" + std::to_string(i)};
    const auto by_words = (*view)->by_words(words, {}, 5);
    ASSERT_TRUE(by_words) << by_words.error().message;
    ASSERT_FALSE(by_words->empty()) << i;
    EXPECT_EQ(by_words->front().id, std::to_string(i));
    const auto by_point = (*view)->by_point(point_of(i), {{"kind", "odd"}}, n);
    ASSERT_TRUE(by_point) << by_point.error().message;
    EXPECT_EQ(by_point->size(), std::size_t{n / 2});
  }
  RecordProperty("searches", searches);
}

// What a writer that was killed has left is seen by nobody, and nobody has to wait for it for long.
TEST_F(ClusterFailover, TakesOverFromAWriterThatWasKilled) {
  (void)fill(10);
  const std::vector<std::uint64_t> meanings = {77};
  const pid_t child = ::fork();
  if (child == 0) {
    const auto backend = open_weaviate(place_.place(), Access::write);
    const auto update = (*backend)->update();
    for (int i = 5; i < 1500; ++i) put(**update, i);
    (void)(**update).erase("1");
    (void)(**update).set_aside(meanings, point_of(3));
    ::kill(::getpid(), SIGKILL);
  }
  int status = 0;
  ASSERT_EQ(::waitpid(child, &status, 0), child);
  ASSERT_TRUE(WIFSIGNALED(status));

  const auto backend = must(place_.open_to_write());
  EXPECT_EQ(must(backend->view())->about().assets, 10U);
  EXPECT_EQ(missing(*must(backend->view()), 10), "");
  const auto update = must(backend->update());
  EXPECT_EQ(must(update->find("11")), std::nullopt);
  EXPECT_TRUE(must(update->find("1")));
  std::vector<float> point(dimension);
  EXPECT_TRUE(must(update->recall(77, point)));
  EXPECT_NEAR(point[3], 1, 1e-6);
  put(*update, 10);
  EXPECT_EQ(must(update->commit()).assets, 11U);
  const auto view = must(backend->view());
  EXPECT_EQ(missing(*view, 11), "");
  EXPECT_EQ(must(view->by_point(point_of(3), {}, 100)).size(), 11U);
}

}  // namespace
}  // namespace updraft::catalogue::test
