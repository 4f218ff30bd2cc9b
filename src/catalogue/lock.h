#pragma once

#include <filesystem>
#include <utility>

#include "updraft/result.h"

namespace updraft::catalogue {

// An advisory lock, held for as long as it lives, by one process.
class Lock {
 public:
  // Errors: io (another process holds it, or the file cannot be opened).
  [[nodiscard]] static Result<Lock> take(const std::filesystem::path& path);
  Lock(Lock&& other) noexcept : file_(std::exchange(other.file_, -1)) {}
  Lock& operator=(Lock&&) = delete;
  ~Lock();

 private:
  explicit Lock(int file) : file_(file) {}
  int file_;
};

}  // namespace updraft::catalogue
