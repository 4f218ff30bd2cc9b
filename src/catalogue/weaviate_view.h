// Reading a catalogue on a cluster.
#pragma once

#include <memory>

#include "catalogue/stems.h"
#include "catalogue/weaviate_cluster.h"

namespace updraft::catalogue {

[[nodiscard]] std::unique_ptr<View> weaviate_view(Cluster& cluster, const Stemmer& stemmer, const ClusterAbout& about);

// Assets of this state with their points, as far as they are there, by their ids.
[[nodiscard]] Result<std::vector<ClusterObject>> find_objects(Cluster& cluster, const ClusterAbout& about,
                                                              std::span<const std::string> ids, const char* fields);

}  // namespace updraft::catalogue
