#pragma once

#include <filesystem>
#include <memory>
#include <span>

#include "sqlite/database.h"

namespace updraft::catalogue {

// Points that outlive an update that came to no end. It holds nothing that cannot be computed again: a damaged one is
// begun anew.
class Pending {
 public:
  // Errors of all functions: io, corrupt.
  [[nodiscard]] static Result<Pending> open(const std::filesystem::path& path, std::uint64_t encoder);
  static void remove(const std::filesystem::path& path);

  // points [meanings.size(), dimension]
  [[nodiscard]] Result<> keep(std::span<const std::uint64_t> meanings, std::span<const float> points);
  // false: it is not there.
  [[nodiscard]] Result<bool> find(std::uint64_t meaning, std::span<float> point);

 private:
  explicit Pending(std::unique_ptr<sqlite::Database> database) : database_(std::move(database)) {}
  static Result<Pending> try_open(const std::filesystem::path& path, std::uint64_t encoder);

  std::unique_ptr<sqlite::Database> database_;
};

}  // namespace updraft::catalogue
