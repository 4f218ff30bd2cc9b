// The nodes of a Weaviate cluster and the requests to them: one that fails is sent to the next node, and where it must
// not fail, again and again for a while.
#pragma once

#include <atomic>
#include <chrono>
#include <initializer_list>
#include <map>
#include <memory>
#include <mutex>
#include <string>
#include <vector>

#include "catalogue/weaviate_answers.h"
#include "catalogue/weaviate_place.h"
#include "catalogue/weaviate_schema.h"
#include "http/client.h"

namespace updraft::catalogue {

// For how long something is tried again that ought to work.
inline constexpr std::chrono::seconds patience{60};

// From several threads at once. Errors of all functions: io (no node answers, or what the last one said), corrupt.
class Cluster {
 public:
  // Asks nobody. Errors: unsupported (libcurl is not installed).
  [[nodiscard]] static Result<std::unique_ptr<Cluster>> make(ClusterPlace place);

  [[nodiscard]] const std::string& name() const { return place_.collection; }
  [[nodiscard]] std::size_t n_nodes() const { return place_.nodes.size(); }

  struct Call {
    std::string method;
    std::string path;  // "/v1/..."
    std::string body = {};
  };
  // The answer of one node, whatever its status.
  [[nodiscard]] Result<http::Response> ask_node(std::size_t node, const Call& call);
  // The answer of the first node that gives one that is no failure of its own, tried for `patience` or once round.
  enum class Try { once, patiently };
  [[nodiscard]] Result<http::Response> ask(const Call& call, Try how = Try::patiently);

  // Objects of a batch: all of them are on most of their copies' nodes when it comes back without an error. What is
  // refused by one node is sent to others.
  [[nodiscard]] Result<> put(const std::vector<NewObject>& objects, Try how = Try::patiently);
  // Many, in several batches at a time.
  [[nodiscard]] Result<> put_all(const std::vector<NewObject>& objects);
  // Sets one property of objects of a collection that are there.
  [[nodiscard]] Result<> set_until(const std::string& collection, const std::vector<std::string>& uuids,
                                   std::int64_t until);
  // Deletes whatever `where` finds, as JSON.
  [[nodiscard]] Result<> erase(const std::string& collection, const std::string& where);
  // As most of its copies have it; nullopt: there is none.
  [[nodiscard]] Result<std::optional<ClusterObject>> object(const std::string& collection, const std::string& uuid);

  [[nodiscard]] Result<bool> has_collection(const std::string& collection);
  // Nothing to be done where it is there already.
  [[nodiscard]] Result<> make_collection(const std::string& collection, const std::string& definition);
  [[nodiscard]] Result<> remove_collection(const std::string& collection);
  [[nodiscard]] Result<std::vector<std::string>> collections();
  [[nodiscard]] Result<std::size_t> count_nodes();  // of the cluster, named or not

  // Aliases are names that the nodes agree on: of those that make one, one succeeds.
  [[nodiscard]] Result<std::vector<std::string>> aliases(const std::string& collection);
  [[nodiscard]] Result<bool> make_alias(const std::string& alias,
                                        const std::string& collection);  // false: there is one
  void remove_alias(const std::string& alias);

  // What `about` says, as most copies have it; nothing was ever put in where there is none.
  [[nodiscard]] Result<ClusterAbout> about();

  // The node to ask about this state: one that holds all of its assets, if possible the one that answered last. A node
  // that was away holds less until the others have brought it up to date; where none holds all, the one that holds
  // most.
  [[nodiscard]] Result<std::size_t> node_for(const ClusterAbout& about);
  // What `read` reads from the answer of that node to a question in GraphQL; where that fails, of another one.
  template <class Read>
  [[nodiscard]] auto ask_about(const ClusterAbout& about, const std::string& query, const Read& read)
      -> decltype(read(std::string_view())) {
    for (std::size_t attempt = 1;; ++attempt) {
      const auto node = node_for(about);
      if (!node) return tl::unexpected(node.error());
      const auto body = ask_in_graphql(*node, query);
      auto answer = body ? read(*body) : tl::unexpected(body.error());
      if (answer) {
        prefer(*node);
        return answer;
      }
      if (attempt > 2 * n_nodes()) return answer;
      pass_over(*node, attempt);
    }
  }
  // Whether `node` holds all of it.
  [[nodiscard]] bool is_whole(std::size_t node, const ClusterAbout& about);
  void prefer(std::size_t node) { preferred_ = node; }

 private:
  struct Borrowed;
  // Asks until the answer has one of these statuses.
  [[nodiscard]] Result<http::Response> insist(const Call& call, std::initializer_list<int> good,
                                              Try how = Try::patiently);
  Cluster(ClusterPlace place, std::vector<http::Client> clients);
  [[nodiscard]] Result<std::string> ask_in_graphql(std::size_t node, const std::string& query);
  void doubt(std::size_t node);  // what was found out about it no longer holds
  void pass_over(std::size_t node, std::size_t attempt);
  [[nodiscard]] Result<std::size_t> count_on(std::size_t node, const ClusterAbout& about);

  ClusterPlace place_;
  std::atomic<std::size_t> preferred_ = 0;
  std::mutex mutex_;
  std::vector<http::Client> idle_;             // clients that nobody uses
  std::map<std::size_t, ClusterAbout> whole_;  // nodes, and the newest state that they are known to hold
};

}  // namespace updraft::catalogue
