// "weaviate://host:8080,other:8080/Collection": where a catalogue on a Weaviate cluster is.
#pragma once

#include <string>
#include <string_view>
#include <vector>

#include "updraft/result.h"

namespace updraft::catalogue {

struct ClusterPlace {
  std::vector<std::string> nodes;  // "host:port"; at least one
  std::string collection;          // a capital letter, then letters and digits
};

[[nodiscard]] bool names_a_cluster(std::string_view place);

// The port is 8080 where none is named. Errors: invalid_argument.
[[nodiscard]] Result<ClusterPlace> parse_cluster_place(std::string_view place);

}  // namespace updraft::catalogue
