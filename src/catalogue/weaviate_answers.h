// What Weaviate answers, read with suspicion: an answer of another form is an error, never more than that.
#pragma once

#include <map>
#include <string>
#include <string_view>
#include <vector>

#include "catalogue/asset.h"
#include "catalogue/backend.h"

namespace updraft::catalogue {

// What a catalogue on a cluster says about itself.
struct ClusterAbout {
  About about;
  std::uint64_t store = 0;  // the number of the collection that holds its assets; 0: none
  friend bool operator==(const ClusterAbout& a, const ClusterAbout& b) {
    return a.about.generation == b.about.generation && a.store == b.store;
  }
};
[[nodiscard]] std::string to_text(const ClusterAbout& about);
// Errors: corrupt.
[[nodiscard]] Result<ClusterAbout> read_cluster_about(std::string_view text);

// An object of a collection, as far as it was asked for.
struct ClusterObject {
  std::string uuid;
  Asset asset;
  Fingerprint fingerprint;
  std::int64_t since = 0, until = 0;       // the generations in which it is valid: [since, until)
  double score = 0;                        // by words, or the cosine
  std::vector<float> point;                // empty: it has none, or it was not asked for
  std::string kind, encoder, word, value;  // of an object of the state (weaviate_schema.h)
};

// Errors of all: corrupt (no such answer), io (the answer is an error; the message is one line of it).
[[nodiscard]] Result<std::vector<ClusterObject>> read_objects(std::string_view body, const std::string& collection);
[[nodiscard]] Result<std::size_t> read_count(std::string_view body, const std::string& collection);
// One object, of REST.
[[nodiscard]] Result<ClusterObject> read_object(std::string_view body);
// Of objects that were sent in a batch: by UUID, those that were not taken, and why; one that the answer does not name
// is not among them, and neither among `taken`.
struct BatchAnswer {
  std::vector<std::string> taken;
  std::map<std::string, std::string> refused;
};
[[nodiscard]] Result<BatchAnswer> read_batch(std::string_view body);
// Of objects that were deleted in a batch.
struct Deleted {
  std::size_t matches = 0, failed = 0;
};
[[nodiscard]] Result<Deleted> read_deleted(std::string_view body);
[[nodiscard]] Result<std::size_t> read_node_count(std::string_view body);
// The names of all collections; and of all aliases.
[[nodiscard]] Result<std::vector<std::string>> read_collections(std::string_view body);
[[nodiscard]] Result<std::vector<std::string>> read_aliases(std::string_view body);

// What went wrong, in one line; for an answer that says nothing, its status.
[[nodiscard]] std::string complaint_of(int status, std::string_view body);

// Numbers of 64 bits, which JSON's readers round.
[[nodiscard]] std::string to_hex(std::uint64_t value);

}  // namespace updraft::catalogue
