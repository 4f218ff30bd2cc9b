// The index of meaning: points of unit length in eight bits, and the graph (HNSW, arXiv 1603.09320, by hnswlib) that
// finds the nearest of them. hnswlib's own files are trusted when they are loaded, so the graph is written and read
// here: every link of a file is checked before it is followed.
#pragma once

#include <cstddef>
#include <cstdint>
#include <filesystem>
#include <functional>
#include <memory>
#include <span>
#include <vector>

#include "updraft/result.h"

namespace updraft::catalogue {

using Row = std::int64_t;  // which asset, at least 1

struct Neighbour {
  Row row = 0;
  float cosine = 0;
};

class Vectors {
 public:
  static constexpr int max_dimension = 4096;  // a multiple of 32

  // An empty index; `dimension` is a multiple of 32 up to max_dimension.
  [[nodiscard]] static Vectors make(int dimension);
  // Errors name the file: not_found, io, corrupt, unsupported (a version that this build does not know).
  [[nodiscard]] static Result<Vectors> load(const std::filesystem::path& path);
  [[nodiscard]] static Result<Vectors> parse(std::span<const std::byte> file);
  // Atomic (files/replacement.h). Errors: io.
  [[nodiscard]] Result<> save(const std::filesystem::path& path) const;

  Vectors(Vectors&&) noexcept;
  Vectors& operator=(Vectors&&) noexcept;
  ~Vectors();

  // Rows are added in ascending order, each once. Errors: invalid_argument (a value that is not finite, or all 0), io
  // (out of memory).
  [[nodiscard]] Result<> add(Row row, std::span<const float> point);
  // What is removed is not found any more. Its place in the graph stays until there is too much of that.
  void remove(Row row);
  [[nodiscard]] bool needs_rebuilding() const;
  [[nodiscard]] Result<Vectors> rebuilt() const;

  [[nodiscard]] int dimension() const;
  [[nodiscard]] std::size_t size() const;  // without what was removed

  // The k nearest, best first; rows in `allowed` only, where it is given (ascending). Not for two threads at a time.
  [[nodiscard]] std::vector<Neighbour> nearest(std::span<const float> point, std::size_t k) const;
  [[nodiscard]] std::vector<Neighbour> nearest_of(std::span<const float> point, std::size_t k,
                                                  std::span<const Row> allowed) const;
  // All of them measured: what `nearest` is held against.
  [[nodiscard]] std::vector<Neighbour> nearest_exact(std::span<const float> point, std::size_t k) const;

  // out [dimension]; false: there is no such row.
  bool point(Row row, std::span<float> out) const;

 private:
  struct Graph;
  explicit Vectors(std::unique_ptr<Graph> graph);
  std::unique_ptr<Graph> graph_;
};

}  // namespace updraft::catalogue
