// A new file beside `target` that takes its place when all is well, and vanishes otherwise: a crash or a full disk
// leaves the old file or the new one, never half of one.
#pragma once

#include <cstddef>
#include <filesystem>
#include <span>
#include <string_view>

#include "updraft/result.h"

namespace updraft::files {

class Replacement {
 public:
  // Errors of all functions name the target: io.
  [[nodiscard]] static Result<Replacement> create(const std::filesystem::path& target);

  Replacement(Replacement&& other) noexcept;
  Replacement& operator=(Replacement&&) = delete;
  ~Replacement();

  [[nodiscard]] Result<> write(std::span<const std::byte> bytes);
  // Once, after all is written.
  [[nodiscard]] Result<> commit();

 private:
  Replacement(std::filesystem::path target, std::filesystem::path path, int file);

  std::filesystem::path target_, path_;
  int file_;
};

// Removes what killed processes of this machine left of new files for `target`; what a running one writes stays.
void remove_leftovers(const std::filesystem::path& target);

// The whole of it for a text.
[[nodiscard]] Result<> replace(const std::filesystem::path& target, std::string_view text);

}  // namespace updraft::files
