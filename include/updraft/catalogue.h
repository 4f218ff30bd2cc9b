// A catalogue of assets in a directory or on a cluster: kept up to date from files, searched by words and by meaning.
#pragma once

#include <cstddef>
#include <cstdint>
#include <filesystem>
#include <functional>
#include <memory>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "updraft/appeals.h"
#include "updraft/intent.h"
#include "updraft/pair.h"
#include "updraft/result.h"

namespace updraft {

// What is searched and recommended. All text is UTF-8.
struct Asset {
  std::string id = {};  // unique in its catalogue
  std::string title = {};
  std::string description = {};
  std::vector<std::string> tags = {};
  std::vector<Facet> facets = {};  // custom fields, to filter by and to count; a name may have several values
  double popularity = 0;           // finite, at least 0; decides between hits that are equal otherwise
  std::string url = {};            // or the path of its file
};

// What an asset may hold; more is refused, never cut.
inline constexpr std::size_t max_id_bytes = 512;
inline constexpr std::size_t max_title_bytes = 4096;
inline constexpr std::size_t max_description_bytes = 65536;
inline constexpr std::size_t max_tag_bytes = 256;
inline constexpr std::size_t max_tags = 256;
inline constexpr std::size_t max_facet_name_bytes = 64;
inline constexpr std::size_t max_facet_value_bytes = 1024;
inline constexpr std::size_t max_facets = 256;
inline constexpr std::size_t max_url_bytes = 4096;

// A line, record or file of the source that is no asset. The rest of the source goes on.
struct Refusal {
  std::size_t line = 0;  // where it begins, from 1; 0: a file of a folder
  std::string reason;    // one line; names the file of a folder
};

struct IndexProgress {
  std::size_t assets = 0;                // read so far
  double share = 0;                      // of the source, 0..1
  double seconds = 0;                    // since the beginning
  double assets_a_second = 0;            // over all of it
  std::optional<double> seconds_left{};  // where that can be told
};

struct IndexOptions {
  std::filesystem::path text_encoder = {};  // encode/text_encoder.h; empty: search by words alone
  // encode/image_encoder.h, with a projection into that space: pictures are looked at, those of a folder, and those
  // that an asset's url names by a path from the source's folder, or an absolute one, that does not lead outside of it.
  // An asset whose name says nothing stands where the picture does, any other one between the picture and its words.
  // Empty: by words alone.
  std::filesystem::path image_encoder = {};
  // A pair that stands in for both: an asset with a picture stands where that does, whatever its name says.
  PairFiles pair = {};
  int threads = 0;    // 0: all cores
  bool keep = false;  // assets that the source does not hold stay
  std::function<void(const Refusal&)> on_refusal = {};
  std::function<void(const Refusal&)> on_unseen = {};          // of a picture that cannot be looked at; names its file
  std::function<void(const IndexProgress&)> on_progress = {};  // now and then, and at the end
};

struct IndexReport {
  std::size_t added = 0, changed = 0, unchanged = 0, deleted = 0;
  std::size_t refused = 0;
  // Assets whose pictures cannot be looked at, which is tried each time. They stand where their words do; by a pair,
  // where such a point would be nearer to any text than all pictures, they are found by their words alone.
  std::size_t unseen = 0;
  std::size_t kept = 0;     // not in the source, but not deleted: `keep`, or something was refused, which may be them
  std::size_t encoded = 0;  // points computed in this run; those of a run that was killed are taken over
  std::size_t assets = 0;   // in the catalogue, in the end
  double seconds = 0;
};

// Brings the catalogue in the directory `catalogue`, which is made where there is none, in line with `source`: a file
// of JSON Lines (.jsonl, .ndjson) or CSV (.csv), or a folder of pictures. "weaviate://host:8080,other:8080/Collection"
// does for a directory: a collection of a Weaviate cluster, of whose nodes some are named. Whatever happens, the
// catalogue is as it was before or as it is to be; searches go on meanwhile. Errors: not_found, io (full disk, no
// permission, another process is writing, too few nodes answer), corrupt or unsupported (the catalogue or the encoder),
// invalid_argument (a source that is neither, or that holds no asset).
[[nodiscard]] Result<IndexReport> index(const std::filesystem::path& source, const std::filesystem::path& catalogue,
                                        const IndexOptions& options = {});

inline constexpr std::size_t max_queries = 16;
inline constexpr std::size_t max_points = 4;
inline constexpr std::size_t max_hits = 200;  // of a search, over all pages

struct SearchOptions {
  std::vector<std::string> queries = {};  // searched beside the text, such as the Suggester's
  // Looked for beside the text, such as a picture's (Seen::point): of the catalogue's dimension and unit length.
  std::vector<std::vector<float>> points = {};
  std::vector<Facet> filters = {};  // hits have one of the named values in each named facet
  std::size_t limit = 20;
  std::size_t offset = 0;
  std::string cursor = {};  // SearchAnswer::next of the page before, instead of an offset
  // Maximal marginal relevance: how much relevance counts beside being unlike the hits above, 0..1; 1: that alone.
  double lambda = 0.8;
  bool facets = false;  // count them
  bool words = true;    // ask the index of words,
  bool meaning = true;  // and that of meaning, where there is one
  // Put the first hits in the order of what they mean, too, and what hardly differs from a better hit behind the
  // others.
  bool rerank = true;
};

enum class IndexKind { words, meaning };

// Why a hit was found: its place, from 1, in the list that one query got from one index.
struct Evidence {
  std::size_t query = 0;  // 0: the text; i: queries[i - 1], and behind all queries the points
  IndexKind index = IndexKind::words;
  std::size_t rank = 1;
};

struct Hit {
  Asset asset;
  double score = 0;  // reciprocal rank fusion; hits are in an order that is diverse as well
  std::vector<Evidence> evidence;
};

struct FacetCount {
  std::string name, value;
  std::size_t hits = 0;
};

struct Correction {
  std::string typed, meant;
};

struct SearchAnswer {
  std::vector<Hit> hits;  // the page
  std::size_t found = 0;  // over all pages; max_hits: there may be more
  std::string next;       // cursor of the next page; empty: this is the last one
  std::vector<FacetCount> facets;
  std::vector<Correction> corrections;  // words that the catalogue does not know, and what was searched instead
  double encode_ms = 0, total_ms = 0;
};

// What somebody did with an asset.
enum class EventKind { view, click, like, buy, dismiss };

struct Event {
  std::string asset;  // its id
  EventKind kind = EventKind::view;
  double time = 0;  // in seconds, from any beginning; those of the same time are in the order in which they came
};

inline constexpr std::size_t max_liked = 32;
inline constexpr std::size_t max_events = 100'000;  // given; the newest 64 count

// At least one of the text, `points`, `like` and `events` is given; they count side by side.
struct RecommendOptions {
  std::string text = {};                        // what is wanted, in a few words
  std::vector<std::string> queries = {};        // near ideas that count half, such as the Suggester's (Task::related)
  std::vector<std::vector<float>> points = {};  // as in a search, such as a picture's (Seen::point)
  std::vector<std::string> like = {};           // ids: more like these, but none of them
  std::vector<Event> events = {};               // of a session; what was dismissed, and what is like it, is passed over
  std::vector<Facet> filters = {};              // as in a search
  std::size_t limit = 20;
  double lambda = 0.6;      // as in a search
  double popularity = 0.2;  // how much more the most popular asset counts than one that nobody knows, 0..1
  // What many people made of the assets, such as FeedbackStore::appeals(). nullptr: nothing is known of any.
  std::shared_ptr<const Appeals> appeals = {};
  double appeal = 0.5;  // how much more an asset of appeal 1 counts than one of appeal 0, 0..1
};

enum class ReasonKind { text, query, picture, like, event };

// Because of what an asset is recommended.
struct Reason {
  ReasonKind kind = ReasonKind::text;
  std::size_t index = 0;  // into queries, points, like or events: of the events of one asset, the strongest
  double share = 0;       // of all that speaks for it, 0..1
};

struct Recommendation {
  Asset asset;
  double score = 0;              // 0..1; they are in an order that is diverse as well
  std::vector<Reason> reasons;   // the strongest first
  std::optional<double> appeal;  // 0..1, where the request's appeals know the asset
};

struct RecommendAnswer {
  std::vector<Recommendation> items;
  std::vector<Correction> corrections;  // of the text, as in a search
  std::vector<std::string> unknown;     // ids of events that the catalogue does not hold
  double encode_ms = 0, total_ms = 0;
};

struct CatalogueOptions {
  std::filesystem::path text_encoder = {};  // the one that it was indexed with; empty: search by words alone
  PairFiles pair = {};                      // the one that it was indexed with, which stands in for it
  int threads = 0;
};

// One catalogue, open for reading, while others read and one may write it: each answer is of one state of it.
class Catalogue {
 public:
  // `directory` as for index(). Errors: not_found (there is no catalogue), io, corrupt, unsupported (made by a newer
  // updraft, or with another encoder), invalid_argument (no name of a cluster's collection).
  [[nodiscard]] static Result<Catalogue> open(const std::filesystem::path& directory,
                                              const CatalogueOptions& options = {});

  Catalogue(Catalogue&&) noexcept;
  Catalogue& operator=(Catalogue&&) noexcept;
  ~Catalogue();

  // Searches the index of words (BM25) and that of meaning for the text and all further queries, fuses the lists by
  // reciprocal rank, weighs the first hits again by what they mean, and puts them in an order of diminishing relevance
  // without repetition. Any text is only text.
  // One at a time; a second one waits. Errors: invalid_argument (an option out of its range; a cursor of a state that
  // the catalogue has left), io, corrupt.
  [[nodiscard]] Result<SearchAnswer> search(std::string_view text, const SearchOptions& options = {}) const;

  // What is near to what is wanted or was done, and not the same: none of the assets that were named, nothing that
  // hardly differs from one of them or from another recommendation, and each unlike those above it. One at a time.
  // Errors: invalid_argument (nothing to go by; an option out of its range), not_found (an asset of `like`), io,
  // corrupt.
  [[nodiscard]] Result<RecommendAnswer> recommend(const RecommendOptions& options) const;

  // Errors: not_found.
  [[nodiscard]] Result<Asset> asset(std::string_view id) const;
  // In their order, all of one state. Errors: not_found, which names the first that is not there.
  [[nodiscard]] Result<std::vector<Asset>> assets(const std::vector<std::string>& ids) const;
  [[nodiscard]] Result<std::size_t> size() const;
  [[nodiscard]] Result<int> dimension() const;  // of its points; 0: it has none

 private:
  struct State;
  explicit Catalogue(std::unique_ptr<State> state);
  std::unique_ptr<State> state_;
};

}  // namespace updraft
