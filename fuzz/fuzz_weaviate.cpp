// Whatever a cluster answers: what is read from it keeps the limits of assets.
#include <cmath>
#include <cstdint>
#include <nlohmann/json.hpp>

#include "catalogue/weaviate_answers.h"
#include "catalogue/weaviate_place.h"
#include "catalogue/weaviate_query.h"
#include "require.h"
#include "text/utf8.h"

using namespace updraft;
using namespace updraft::catalogue;

namespace {

void require_good(const ClusterObject& object) {
  const Asset& asset = object.asset;
  require(asset.id.size() <= max_id_bytes && text::is_valid_utf8(asset.id));
  require(asset.title.size() <= max_title_bytes && text::is_valid_utf8(asset.title));
  require(asset.description.size() <= max_description_bytes && text::is_valid_utf8(asset.description));
  require(asset.tags.size() <= max_tags && asset.facets.size() <= max_facets);
  require(std::isfinite(asset.popularity) && asset.popularity >= 0 && std::isfinite(object.score));
  require(object.since >= 0 && object.until >= 0);
  for (const float x : object.point) require(std::isfinite(x));
}

void require_line(const Error& error) {
  require(text::is_valid_utf8(error.message) && error.message.find_first_of("\r\n") == std::string::npos);
}

}  // namespace

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  const std::string_view body(reinterpret_cast<const char*>(data), size);
  if (const auto objects = read_objects(body, "Boats_3")) {
    for (const ClusterObject& object : *objects) require_good(object);
  } else {
    require_line(objects.error());
  }
  if (const auto object = read_object(body)) require_good(*object);
  if (const auto batch = read_batch(body)) {
    for (const auto& [uuid, reason] : batch->refused) require(text::is_valid_utf8(reason));
  }
  (void)read_count(body, "Boats_3");
  (void)read_deleted(body);
  (void)read_node_count(body);
  (void)read_collections(body);
  (void)read_aliases(body);
  (void)parse_cluster_place(body);
  require_line({ErrorCode::io, complaint_of(500, body)});
  if (const auto about = read_cluster_about(body)) {
    const auto again = read_cluster_about(to_text(*about));
    require(again && *again == *about && again->about.encoder == about->about.encoder);
  }
  const auto quoted = nlohmann::json::parse(to_graphql(body), nullptr, false);
  require(quoted.is_string());
  require(!text::is_valid_utf8(body) || quoted.get<std::string>() == body);
  return 0;
}
