// Writing a catalogue on a cluster.
#pragma once

#include <memory>

#include "catalogue/stems.h"
#include "catalogue/weaviate_cluster.h"

namespace updraft::catalogue {

// Removes what updates that came to no end have left. Errors: io (another process is writing).
[[nodiscard]] Result<std::unique_ptr<Update>> begin_weaviate_update(Cluster& cluster, const Stemmer& stemmer);

}  // namespace updraft::catalogue
