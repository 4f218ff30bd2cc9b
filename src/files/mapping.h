// The bytes of a whole file, mapped read-only.
#pragma once

#include <cstddef>
#include <filesystem>
#include <span>
#include <string_view>
#include <type_traits>
#include <utility>

#include "updraft/result.h"

namespace updraft::files {

class Mapping {
 public:
  // Errors name the path: not_found, io (no permission, a folder, a pipe).
  [[nodiscard]] static Result<Mapping> open(const std::filesystem::path& path);

  Mapping() = default;  // no bytes
  Mapping(Mapping&& other) noexcept : bytes_(std::exchange(other.bytes_, {})) {}
  Mapping& operator=(Mapping&& other) noexcept {
    std::swap(bytes_, other.bytes_);
    return *this;
  }
  ~Mapping();

  // These bytes of the mapping are not needed for now: the process gives their memory back. They can still be read,
  // which brings them in again. Bytes outside the mapping are left alone.
  void release(std::span<const std::byte> bytes) const;

  [[nodiscard]] std::span<const std::byte> bytes() const { return bytes_; }
  [[nodiscard]] std::string_view text() const { return {reinterpret_cast<const char*>(bytes_.data()), bytes_.size()}; }

 private:
  explicit Mapping(std::span<const std::byte> bytes) : bytes_(bytes) {}

  std::span<const std::byte> bytes_;
};

// What `parse` makes of the file, a Result. Errors name the path: those of Mapping::open, and of `parse`, which need
// not.
template <class Parse>
[[nodiscard]] auto parse_file(const std::filesystem::path& path, const Parse& parse)
    -> std::invoke_result_t<const Parse&, const Mapping&> {
  const auto file = Mapping::open(path);
  if (!file) return tl::unexpected(file.error());
  auto parsed = parse(*file);
  if (!parsed) return fail(parsed.error().code, path.string() + ": " + parsed.error().message);
  return parsed;
}

}  // namespace updraft::files
