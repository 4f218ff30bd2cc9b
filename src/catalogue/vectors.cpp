#include "catalogue/vectors.h"

// Its prefetching reads past the end of the upper layers' lists.
#define NO_MANUAL_VECTORIZATION
#include <hnswlib/hnswlib.h>

#include <algorithm>
#include <array>
#include <cmath>
#include <cstdlib>
#include <cstring>
#include <string>

#include "catalogue/dot.h"
#include "files/mapping.h"
#include "files/replacement.h"

#ifdef __SANITIZE_THREAD__
// It locks nodes and the graph in both orders. Two threads that add would have to meet for that to be a deadlock; here
// only one ever adds, and those who search lock nothing.
extern "C" const char* __tsan_default_suppressions() { return "deadlock:hnswlib::HierarchicalNSW\n"; }
#endif

namespace updraft::catalogue {
namespace {

using hnswlib::linklistsizeint;
using hnswlib::tableint;
using Hnsw = hnswlib::HierarchicalNSW<float>;

constexpr std::size_t links_per_node = 16;      // M of the paper; twice as many in the lowest layer
constexpr std::size_t building_breadth = 100;   // efConstruction
constexpr std::size_t searching_breadth = 400;  // ef, where fewer are asked for: 200 are, and found better so
constexpr int max_level = 24;                   // of random levels of factor 16, none is ever higher
constexpr std::size_t first_capacity = 1024;
constexpr std::size_t exact_up_to = 50'000;  // allowed rows that are measured one by one rather than sought
constexpr std::size_t max_points = std::size_t{1} << 28;
constexpr Row max_row = Row{1} << 48;

// The file: this head, the levels of all nodes [n] bytes, the nodes of the lowest layer as hnswlib holds them [n,
// node_bytes], then the links of the upper layers, node by node.
struct Head {
  std::array<char, 8> magic;
  std::uint32_t version;
  std::uint32_t dimension;
  std::uint64_t n_nodes;
  std::uint32_t entry;
  std::int32_t top_level;
  std::uint64_t checksum;  // of all that follows
};
constexpr std::array<char, 8> magic = {'u', 'p', 'd', 'r', 'a', 'f', 't', 'v'};
constexpr std::uint32_t file_version = 1;
#ifdef FUZZING_BUILD_MODE_UNSAFE_FOR_PRODUCTION
constexpr bool checksum_counts = false;
#else
constexpr bool checksum_counts = true;
#endif

// FNV-1a over words of 8 bytes in four lanes: finds damage, fast.
std::uint64_t checksum_of(std::span<const std::byte> bytes, std::uint64_t before) {
  constexpr std::uint64_t prime = 1099511628211ULL;
  std::array<std::uint64_t, 4> lanes = {14695981039346656037ULL, before, 3, 4};
  for (; bytes.size() >= 32; bytes = bytes.subspan(32)) {
    std::array<std::uint64_t, 4> words{};
    std::memcpy(words.data(), bytes.data(), 32);
    for (std::size_t i = 0; i < 4; ++i) lanes[i] = (lanes[i] ^ words[i]) * prime;
  }
  for (const std::byte b : bytes) lanes[0] = (lanes[0] ^ static_cast<std::uint64_t>(b)) * prime;
  std::uint64_t all = 0;
  for (const std::uint64_t lane : lanes) all = (all ^ lane ^ (lane >> 29U)) * prime;
  return all;
}

// The file's parts behind its head.
struct Parts {
  std::span<const std::byte> levels, nodes, upper;
  [[nodiscard]] std::uint64_t checksum() const {
    return checksum_of(upper, checksum_of(nodes, checksum_of(levels, 0)));
  }
};

struct Metric {
  Dot dot;
  int dimension;
};

float scale_of(const void* point, int dimension) {
  float scale = 0;
  std::memcpy(&scale, static_cast<const std::int8_t*>(point) + dimension, sizeof scale);
  return scale;
}

float cosine_of(const void* a, const void* b, const Metric& metric) {
  const std::int32_t dot =
      metric.dot(static_cast<const std::int8_t*>(a), static_cast<const std::int8_t*>(b), metric.dimension);
  return static_cast<float>(dot) * scale_of(a, metric.dimension) * scale_of(b, metric.dimension);
}

float distance(const void* a, const void* b, const void* metric) {
  return 1 - cosine_of(a, b, *static_cast<const Metric*>(metric));
}

class Space final : public hnswlib::SpaceInterface<float> {
 public:
  explicit Space(int dimension) : metric_{best_dot(), dimension} {}
  std::size_t get_data_size() override { return static_cast<std::size_t>(metric_.dimension) + sizeof(float); }
  hnswlib::DISTFUNC<float> get_dist_func() override { return distance; }
  void* get_dist_func_param() override { return &metric_; }
  [[nodiscard]] const Metric& metric() const { return metric_; }

 private:
  Metric metric_;
};

// A point as it is stored: integers [dimension], and what each is multiplied by. Empty: it has no direction.
std::vector<std::int8_t> quantised(std::span<const float> point) {
  float largest = 0;
  double square = 0;
  for (const float x : point) {
    if (!std::isfinite(x)) return {};
    largest = std::max(largest, std::abs(x));
    square += double{x} * x;
  }
  if (!(square > 0) || !std::isfinite(square)) return {};
  std::vector<std::int8_t> out(point.size() + sizeof(float));
  double integers = 0;
  for (std::size_t i = 0; i < point.size(); ++i) {
    const float scaled = std::nearbyint(point[i] / largest * 127);
    out[i] = static_cast<std::int8_t>(scaled);
    integers += double{scaled} * scaled;
  }
  // What is stored is of unit length itself, so that no point is nearer to another than to itself.
  const auto scale = static_cast<float>(1 / std::sqrt(integers));
  std::memcpy(out.data() + point.size(), &scale, sizeof scale);
  return out;
}

}  // namespace

struct Vectors::Graph {
  Graph(int dimension, std::size_t capacity)
      : space(dimension), hnsw(&space, std::max(capacity, first_capacity), links_per_node, building_breadth) {
    hnsw.setEf(searching_breadth);
  }

  [[nodiscard]] std::size_t n_nodes() const { return hnsw.cur_element_count; }
  [[nodiscard]] const void* point(std::size_t i) const { return hnsw.getDataByInternalId(static_cast<tableint>(i)); }
  [[nodiscard]] bool removed(std::size_t i) const { return hnsw.isMarkedDeleted(static_cast<tableint>(i)); }
  [[nodiscard]] std::size_t level_bytes(std::size_t i) const {
    return hnsw.size_links_per_element_ * static_cast<std::size_t>(hnsw.element_levels_[i]);
  }
  // n_nodes: none.
  [[nodiscard]] std::size_t find(Row row) const {
    const auto at = std::lower_bound(rows.begin(), rows.end(), row);
    return at == rows.end() || *at != row ? rows.size() : static_cast<std::size_t>(at - rows.begin());
  }
  [[nodiscard]] float cosine(const void* query, std::size_t i) const {
    return cosine_of(query, point(i), space.metric());
  }

  // Fills an empty graph. false: the file is damaged.
  [[nodiscard]] bool read(const Head& head, std::span<const std::byte> body);

  Space space;
  Hnsw hnsw;
  std::vector<Row> rows;  // [n_nodes], ascending
};

namespace {

// A list of links: how many (the upper half holds hnswlib's mark of removal), then the nodes they lead to, which reach
// up to `level` themselves.
bool links_are_good(const std::byte* list, std::size_t max_links, std::span<const std::byte> levels, int level) {
  std::uint32_t count = 0;
  std::memcpy(&count, list, sizeof count);
  count &= 0xFFFFU;
  if (count > max_links) return false;
  for (std::size_t i = 1; i <= count; ++i) {
    tableint target = 0;
    std::memcpy(&target, list + i * sizeof target, sizeof target);
    if (target >= levels.size() || std::to_integer<int>(levels[target]) < level) return false;
  }
  return true;
}

}  // namespace

bool Vectors::Graph::read(const Head& head, std::span<const std::byte> body) {
  const std::size_t n = head.n_nodes;
  const std::size_t node_bytes = hnsw.size_data_per_element_, list_bytes = hnsw.size_links_per_element_;
  if (n == 0) return body.empty();
  if (body.size() / (node_bytes + 1) < n) return false;
  const Parts parts = {body.first(n), body.subspan(n, n * node_bytes), body.subspan(n * (node_bytes + 1))};
  int top = 0;
  std::size_t n_lists = 0;
  for (const std::byte level : parts.levels) {
    if (std::to_integer<int>(level) > max_level) return false;
    top = std::max(top, std::to_integer<int>(level));
    n_lists += std::to_integer<std::size_t>(level);
  }
  if (parts.upper.size() != n_lists * list_bytes || (checksum_counts && head.checksum != parts.checksum()) ||
      head.entry >= n || head.top_level != top || std::to_integer<int>(parts.levels[head.entry]) != top) {
    return false;
  }
  std::memcpy(hnsw.data_level0_memory_, parts.nodes.data(), parts.nodes.size());
  rows.reserve(n);
  const std::byte* lists = parts.upper.data();
  for (std::size_t i = 0; i < n; ++i) {
    if (!links_are_good(parts.nodes.data() + i * node_bytes, hnsw.maxM0_, parts.levels, 0)) return false;
    const float scale = scale_of(point(i), space.metric().dimension);
    const auto row = static_cast<Row>(hnsw.getExternalLabel(static_cast<tableint>(i)));
    if (!(scale > 0 && scale <= 1) || row < 1 || row > max_row || (i > 0 && row <= rows.back())) return false;
    rows.push_back(row);
    const int level = std::to_integer<int>(parts.levels[i]);
    for (int l = 1; l <= level; ++l) {
      if (!links_are_good(lists + static_cast<std::size_t>(l - 1) * list_bytes, hnsw.maxM_, parts.levels, l))
        return false;
    }
    if (level > 0) {
      const std::size_t bytes = static_cast<std::size_t>(level) * list_bytes;
      hnsw.linkLists_[i] = static_cast<char*>(std::malloc(bytes + 1));  // freed by hnswlib
      if (hnsw.linkLists_[i] == nullptr) throw std::bad_alloc();
      std::memcpy(hnsw.linkLists_[i], lists, bytes);
      lists += bytes;
    }
    hnsw.element_levels_[i] = level;
    hnsw.cur_element_count = i + 1;
    if (removed(i)) ++hnsw.num_deleted_;
  }
  hnsw.enterpoint_node_ = head.entry;
  hnsw.maxlevel_ = top;
  return true;
}

namespace {

// Best first; ties by row, so that the order is always the same.
void sort_best(std::vector<Neighbour>& found, std::size_t k) {
  const auto better = [](const Neighbour& a, const Neighbour& b) {
    return a.cosine != b.cosine ? a.cosine > b.cosine : a.row < b.row;
  };
  const std::size_t n = std::min(k, found.size());
  std::partial_sort(found.begin(), found.begin() + static_cast<std::ptrdiff_t>(n), found.end(), better);
  found.resize(n);
}

}  // namespace

Vectors::Vectors(std::unique_ptr<Graph> graph) : graph_(std::move(graph)) {}
Vectors::Vectors(Vectors&&) noexcept = default;
Vectors& Vectors::operator=(Vectors&&) noexcept = default;
Vectors::~Vectors() = default;

Vectors Vectors::make(int dimension) { return Vectors(std::make_unique<Graph>(dimension, 0)); }

int Vectors::dimension() const { return graph_->space.metric().dimension; }
std::size_t Vectors::size() const { return graph_->n_nodes() - graph_->hnsw.num_deleted_; }

Result<> Vectors::add(Row row, std::span<const float> point) {
  Graph& graph = *graph_;
  if (point.size() != static_cast<std::size_t>(dimension()) || row < 1 || row > max_row ||
      (!graph.rows.empty() && row <= graph.rows.back())) {
    return fail(ErrorCode::invalid_argument, "points are added in ascending order, all of one dimension");
  }
  const auto stored = quantised(point);
  if (stored.empty()) return fail(ErrorCode::invalid_argument, "the point is not finite, or is 0");
  try {
    if (graph.n_nodes() == graph.hnsw.max_elements_) graph.hnsw.resizeIndex(2 * graph.hnsw.max_elements_);
    graph.rows.reserve(graph.n_nodes() + 1);
    graph.hnsw.addPoint(stored.data(), static_cast<hnswlib::labeltype>(row));
    graph.rows.push_back(row);
  } catch (const std::exception& error) {
    return fail(ErrorCode::io, std::string("the index of meaning: ") + error.what());
  }
  return {};
}

void Vectors::remove(Row row) {
  const std::size_t i = graph_->find(row);
  if (i < graph_->rows.size() && !graph_->removed(i)) graph_->hnsw.markDeletedInternal(static_cast<tableint>(i));
}

bool Vectors::needs_rebuilding() const {
  return graph_->hnsw.num_deleted_ > 100 && graph_->hnsw.num_deleted_ * 4 > graph_->n_nodes();
}

Result<Vectors> Vectors::rebuilt() const {
  Vectors fresh = make(dimension());
  std::vector<float> values(static_cast<std::size_t>(dimension()));
  for (const Row row : graph_->rows) {
    if (!point(row, values)) continue;
    if (auto done = fresh.add(row, values); !done) return tl::unexpected(done.error());
  }
  return fresh;
}

std::vector<Neighbour> Vectors::nearest(std::span<const float> point, std::size_t k) const {
  const auto query = quantised(point);
  if (query.empty() || k == 0 || size() == 0 || point.size() != static_cast<std::size_t>(dimension())) return {};
  std::vector<Neighbour> found;
  auto queue = graph_->hnsw.searchKnn(query.data(), k);
  for (; !queue.empty(); queue.pop()) {
    found.push_back({static_cast<Row>(queue.top().second), 1 - queue.top().first});
  }
  sort_best(found, k);
  return found;
}

std::vector<Neighbour> Vectors::nearest_of(std::span<const float> point, std::size_t k,
                                           std::span<const Row> allowed) const {
  const auto query = quantised(point);
  if (query.empty() || k == 0 || allowed.empty() || point.size() != static_cast<std::size_t>(dimension())) return {};
  std::vector<Neighbour> found;
  if (allowed.size() > exact_up_to) {
    // So many that a wider search holds enough of them.
    for (const Neighbour& neighbour : nearest(point, k * graph_->n_nodes() / allowed.size() * 2)) {
      if (std::binary_search(allowed.begin(), allowed.end(), neighbour.row)) found.push_back(neighbour);
    }
  } else {
    for (const Row row : allowed) {
      const std::size_t i = graph_->find(row);
      if (i < graph_->rows.size() && !graph_->removed(i)) found.push_back({row, graph_->cosine(query.data(), i)});
    }
  }
  sort_best(found, k);
  return found;
}

std::vector<Neighbour> Vectors::nearest_exact(std::span<const float> point, std::size_t k) const {
  const auto query = quantised(point);
  if (query.empty() || point.size() != static_cast<std::size_t>(dimension())) return {};
  std::vector<Neighbour> found;
  for (std::size_t i = 0; i < graph_->n_nodes(); ++i) {
    if (!graph_->removed(i)) found.push_back({graph_->rows[i], graph_->cosine(query.data(), i)});
  }
  sort_best(found, k);
  return found;
}

bool Vectors::point(Row row, std::span<float> out) const {
  const std::size_t i = graph_->find(row);
  if (i == graph_->rows.size() || graph_->removed(i)) return false;
  const auto* integers = static_cast<const std::int8_t*>(graph_->point(i));
  const float scale = scale_of(integers, dimension());
  for (std::size_t d = 0; d < out.size(); ++d) out[d] = static_cast<float>(integers[d]) * scale;
  return true;
}

Result<> Vectors::save(const std::filesystem::path& path) const {
  const Graph& graph = *graph_;
  const std::size_t n = graph.n_nodes();
  std::vector<std::uint8_t> levels(n);
  for (std::size_t i = 0; i < n; ++i) levels[i] = static_cast<std::uint8_t>(graph.hnsw.element_levels_[i]);
  std::vector<std::byte> upper;
  for (std::size_t i = 0; i < n; ++i) {
    if (levels[i] == 0) continue;
    const auto* links = reinterpret_cast<const std::byte*>(graph.hnsw.linkLists_[i]);
    upper.insert(upper.end(), links, links + graph.level_bytes(i));
  }
  const Parts parts = {
      .levels = std::as_bytes(std::span(levels)),
      .nodes = std::as_bytes(std::span(graph.hnsw.data_level0_memory_, n * graph.hnsw.size_data_per_element_)),
      .upper = upper};
  Head head{.magic = magic,
            .version = file_version,
            .dimension = static_cast<std::uint32_t>(dimension()),
            .n_nodes = n,
            .entry = n == 0 ? 0 : graph.hnsw.enterpoint_node_,
            .top_level = n == 0 ? -1 : graph.hnsw.maxlevel_,
            .checksum = parts.checksum()};
  auto file = files::Replacement::create(path);
  if (!file) return tl::unexpected(file.error());
  if (auto done = file->write(std::as_bytes(std::span(&head, 1))); !done) return done;
  for (const auto part : {parts.levels, parts.nodes, parts.upper}) {
    if (auto done = file->write(part); !done) return done;
  }
  return file->commit();
}

Result<Vectors> Vectors::load(const std::filesystem::path& path) {
  return files::parse_file(path, [](const files::Mapping& file) { return parse(file.bytes()); });
}

Result<Vectors> Vectors::parse(std::span<const std::byte> file) {
  Head head{};
  const auto damaged = [] { return fail(ErrorCode::corrupt, "the index of meaning is damaged"); };
  if (file.size() < sizeof head) return damaged();
  std::memcpy(&head, file.data(), sizeof head);
  if (head.magic != magic) return damaged();
  if (head.version != file_version) return fail(ErrorCode::unsupported, "an index of meaning of an unknown version");
  const auto body = file.subspan(sizeof head);
  // A node takes more than its point: this bounds all that is asked of memory by the file's own size.
  if (head.dimension == 0 || head.dimension % 32 != 0 || head.dimension > max_dimension || head.n_nodes > max_points ||
      head.n_nodes > body.size() / head.dimension) {
    return damaged();
  }
  try {
    auto graph = std::make_unique<Graph>(static_cast<int>(head.dimension), head.n_nodes);
    if (!graph->read(head, body)) return damaged();
    return Vectors(std::move(graph));
  } catch (const std::exception&) {
    return fail(ErrorCode::io, "the index of meaning does not fit into memory");
  }
}

}  // namespace updraft::catalogue
