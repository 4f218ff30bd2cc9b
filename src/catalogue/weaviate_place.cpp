#include "catalogue/weaviate_place.h"

#include <algorithm>

#include "text/ascii.h"

namespace updraft::catalogue {
namespace {

constexpr std::string_view scheme = "weaviate://";
constexpr std::size_t max_nodes = 64, max_host_bytes = 256, max_collection_bytes = 100;

bool is_capital(char c) { return c >= 'A' && c <= 'Z'; }
bool is_plain(char c) { return text::is_letter(c) || text::is_digit(c); }

bool is_port(std::string_view text) {
  return !text.empty() && text.size() <= 5 && std::all_of(text.begin(), text.end(), text::is_digit);
}

bool is_host(std::string_view text) {
  return !text.empty() && text.size() <= max_host_bytes &&
         std::all_of(text.begin(), text.end(), [](char c) { return is_plain(c) || c == '.' || c == '-' || c == '_'; });
}

}  // namespace

bool names_a_cluster(std::string_view place) { return place.starts_with(scheme); }

Result<ClusterPlace> parse_cluster_place(std::string_view place) {
  const auto refuse = [](std::string why) {
    return fail(ErrorCode::invalid_argument,
                "a catalogue on a cluster is named like "
                "weaviate://host:8080,other:8080/Collection; " +
                    std::move(why));
  };
  if (!names_a_cluster(place)) return refuse("it begins with weaviate://");
  place.remove_prefix(scheme.size());
  const std::size_t slash = place.find('/');
  if (slash == std::string_view::npos) return refuse("the collection is missing");
  ClusterPlace parsed;
  parsed.collection = place.substr(slash + 1);
  const std::string& name = parsed.collection;
  if (name.empty() || name.size() > max_collection_bytes || !is_capital(name[0]) ||
      !std::all_of(name.begin(), name.end(), is_plain)) {
    return refuse("a collection is a capital letter, and after it letters and digits");
  }
  std::string_view nodes = place.substr(0, slash);
  while (true) {
    const std::size_t comma = std::min(nodes.find(','), nodes.size());
    const std::string_view node = nodes.substr(0, comma);
    const std::size_t colon = node.find(':');
    const bool has_port = colon != std::string_view::npos;
    if (!is_host(node.substr(0, colon)) || (has_port && !is_port(node.substr(colon + 1)))) {
      return refuse("a node is a host and perhaps a port");
    }
    if (parsed.nodes.size() == max_nodes) return refuse("64 nodes are the most");
    parsed.nodes.push_back(std::string(node) + (has_port ? "" : ":8080"));
    if (comma == nodes.size()) return parsed;
    nodes.remove_prefix(comma + 1);
  }
}

}  // namespace updraft::catalogue
