#include "catalogue/backend.h"

#include "catalogue/embedded.h"
#include "catalogue/weaviate.h"
#include "catalogue/weaviate_place.h"

namespace updraft::catalogue {

Result<std::unique_ptr<Backend>> open_backend(const std::filesystem::path& place, Access access) {
  return names_a_cluster(place.string()) ? open_weaviate(place.string(), access) : open_embedded(place, access);
}

}  // namespace updraft::catalogue
