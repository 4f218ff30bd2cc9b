#include "catalogue/weaviate.h"

#include <nlohmann/json.hpp>

#include "catalogue/weaviate_cluster.h"
#include "catalogue/weaviate_schema.h"
#include "catalogue/weaviate_update.h"
#include "catalogue/weaviate_view.h"

namespace updraft::catalogue {
namespace {

class Weaviate final : public Backend {
 public:
  Weaviate(std::unique_ptr<Cluster> cluster, Stemmer stemmer)
      : cluster_(std::move(cluster)), stemmer_(std::move(stemmer)) {}

  Result<std::unique_ptr<View>> view() override {
    const auto about = cluster_->about();
    if (!about) return tl::unexpected(about.error());
    return weaviate_view(*cluster_, stemmer_, *about);
  }

  Result<std::unique_ptr<Update>> update() override { return begin_weaviate_update(*cluster_, stemmer_); }

 private:
  std::unique_ptr<Cluster> cluster_;
  Stemmer stemmer_;
};

}  // namespace

Result<std::unique_ptr<Backend>> open_weaviate(std::string_view place, Access access) {
  auto parsed = parse_cluster_place(place);
  if (!parsed) return tl::unexpected(parsed.error());
  auto stemmer = Stemmer::make();
  if (!stemmer) return tl::unexpected(stemmer.error());
  auto made = Cluster::make(std::move(*parsed));
  if (!made) return tl::unexpected(made.error());
  Cluster& cluster = **made;
  const std::string state = state_collection(cluster.name());
  const auto there = cluster.has_collection(state);
  if (!there) return tl::unexpected(there.error());
  if (!*there && access == Access::read) {
    return fail(ErrorCode::not_found, std::string(place) + ": there is no catalogue; updraft index makes one");
  }
  if (!*there) {
    const auto nodes = cluster.count_nodes();
    if (!nodes) return tl::unexpected(nodes.error());
    auto done = cluster.make_collection(state, state_definition(state, *nodes).dump());
    if (!done) return tl::unexpected(done.error());
  }
  return std::make_unique<Weaviate>(std::move(*made), std::move(*stemmer));
}

}  // namespace updraft::catalogue
