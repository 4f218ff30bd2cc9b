// Where a catalogue is stored and looked up: what search and indexing are written on. The contract is that of
// backend_contract.h, which runs on every backend.
#pragma once

#include <filesystem>
#include <memory>
#include <span>
#include <string>
#include <vector>

#include "catalogue/asset.h"

namespace updraft::catalogue {

// What a catalogue says about itself.
struct About {
  std::uint64_t generation = 0;  // another one after each update that changed something; 0: nothing was ever put in
  std::size_t assets = 0;
  int dimension = 0;          // of its points; 0: it has none
  std::uint64_t encoder = 0;  // that made them (encoder_fingerprint)
};

struct Found {
  std::string id;
  double score = 0;  // of the list that it is in: higher is better
  double popularity = 0;
};

using Filters = std::vector<Facet>;  // one of the values in each of the names

// One state of the catalogue, whatever is written meanwhile. Errors of all functions: io, corrupt.
class View {
 public:
  View() = default;
  View(const View&) = delete;
  View& operator=(const View&) = delete;
  virtual ~View() = default;

  [[nodiscard]] virtual About about() const = 0;
  // The k best by BM25 of those that hold at least one of the words, which are letters and digits only, in lower case.
  [[nodiscard]] virtual Result<std::vector<Found>> by_words(std::span<const std::string> words, const Filters& filters,
                                                            std::size_t k) = 0;
  // The k nearest by cosine.
  [[nodiscard]] virtual Result<std::vector<Found>> by_point(std::span<const float> point, const Filters& filters,
                                                            std::size_t k) = 0;
  // In their order. Errors: not_found.
  [[nodiscard]] virtual Result<std::vector<Asset>> assets(std::span<const std::string> ids) = 0;
  // [ids.size(), dimension]; zeros for an asset without a point.
  [[nodiscard]] virtual Result<std::vector<float>> points(std::span<const std::string> ids) = 0;
  // In how many assets a word stands.
  [[nodiscard]] virtual Result<std::size_t> assets_with(const std::string& word) = 0;
  // The word of the catalogue that is most likely meant by one that it does not hold; empty: none is near.
  [[nodiscard]] virtual Result<std::string> nearest_word(const std::string& word) = 0;
};

// The one writer. Nothing of it is seen before commit(), and nothing is left of it without.
class Update {
 public:
  Update() = default;
  Update(const Update&) = delete;
  Update& operator=(const Update&) = delete;
  virtual ~Update() = default;

  [[nodiscard]] virtual About about() const = 0;  // as it was
  // The points are made anew, by this encoder.
  [[nodiscard]] virtual Result<> use_encoder(int dimension, std::uint64_t encoder) = 0;
  // Each asset has to be put again, with a point: the encoder is another one, or the points were damaged. find() knows
  // none of them then.
  [[nodiscard]] virtual Result<bool> points_are_lost() = 0;

  enum class Mark { first, again };
  // Says that the source holds this asset: `again`, when it has been said before.
  [[nodiscard]] virtual Result<Mark> mark(const std::string& id) = 0;
  // What the catalogue holds under this id; nullopt: nothing.
  [[nodiscard]] virtual Result<std::optional<Fingerprint>> find(const std::string& id) = 0;

  // Adds or replaces. `point` is empty where there is no encoder, or where the one that the catalogue has is still
  // good. Errors: invalid_argument (a point that is not finite), io.
  [[nodiscard]] virtual Result<> put(const Asset& asset, const Fingerprint& fingerprint,
                                     std::span<const float> point) = 0;
  // What the source does not hold.
  [[nodiscard]] virtual Result<std::vector<std::string>> unmarked() = 0;
  // Errors: not_found.
  [[nodiscard]] virtual Result<Asset> asset(const std::string& id) = 0;
  [[nodiscard]] virtual Result<> erase(const std::string& id) = 0;

  // Points that stay when this update comes to no end, for the next one: those of `meanings` are kept at once.
  [[nodiscard]] virtual Result<> set_aside(std::span<const std::uint64_t> meanings, std::span<const float> points) = 0;
  // false: it is not there.
  [[nodiscard]] virtual Result<bool> recall(std::uint64_t meaning, std::span<float> point) = 0;

  // What the catalogue is now. Errors: io; then it is what it was.
  [[nodiscard]] virtual Result<About> commit() = 0;
};

enum class Access { read, write };

class Backend {
 public:
  Backend() = default;
  Backend(const Backend&) = delete;
  Backend& operator=(const Backend&) = delete;
  virtual ~Backend() = default;

  // Views and updates end before their backend; one view at a time.
  [[nodiscard]] virtual Result<std::unique_ptr<View>> view() = 0;
  // Errors: io (another one is writing).
  [[nodiscard]] virtual Result<std::unique_ptr<Update>> update() = 0;
};

// The catalogue at `place`: a directory, or a collection of a cluster (weaviate://...). `write` makes what is missing.
// Errors: not_found (no catalogue), io, corrupt, unsupported (of another version), invalid_argument.
[[nodiscard]] Result<std::unique_ptr<Backend>> open_backend(const std::filesystem::path& place, Access access);

}  // namespace updraft::catalogue
