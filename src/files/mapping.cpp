#include "files/mapping.h"

#include <fcntl.h>
#include <sys/mman.h>
#include <sys/stat.h>
#include <unistd.h>

#include <cerrno>
#include <cstdint>
#include <cstring>
#include <string>

namespace updraft::files {

Result<Mapping> Mapping::open(const std::filesystem::path& path) {
  const auto refused = [&](ErrorCode code, const std::string& why) { return fail(code, path.string() + ": " + why); };
  const auto system_refused = [&] {
    const int error = errno;
    return refused(error == ENOENT || error == ENOTDIR ? ErrorCode::not_found : ErrorCode::io, std::strerror(error));
  };
  const int file = ::open(path.c_str(), O_RDONLY | O_CLOEXEC | O_NONBLOCK);  // a pipe must not make us wait
  if (file < 0) return system_refused();
  struct Closer {
    int file;
    ~Closer() { ::close(file); }
  } const closer{file};
  struct stat info {};
  if (::fstat(file, &info) != 0) return system_refused();
  if (S_ISDIR(info.st_mode)) return refused(ErrorCode::io, "is a directory, not a file");
  if (!S_ISREG(info.st_mode)) return refused(ErrorCode::io, "is not a regular file");
  if (info.st_size == 0) return Mapping();
  const auto size = static_cast<std::size_t>(info.st_size);
  void* const bytes = ::mmap(nullptr, size, PROT_READ, MAP_PRIVATE, file, 0);
  if (bytes == MAP_FAILED) return system_refused();
  return Mapping({static_cast<const std::byte*>(bytes), size});
}

void Mapping::release(std::span<const std::byte> bytes) const {
  const auto address = [](const std::byte* p) { return reinterpret_cast<std::uintptr_t>(p); };
  const auto page = static_cast<std::uintptr_t>(::sysconf(_SC_PAGESIZE));
  const std::uintptr_t first = address(bytes.data()), last = first + bytes.size();
  const std::uintptr_t begin = (first + page - 1) / page * page, end = last / page * page;
  const bool inside = first >= address(bytes_.data()) && last <= address(bytes_.data()) + bytes_.size();
  if (!inside || begin >= end) return;
  ::madvise(const_cast<std::byte*>(bytes.data()) + (begin - first), end - begin, MADV_DONTNEED);
}

Mapping::~Mapping() {
  if (!bytes_.empty()) ::munmap(const_cast<std::byte*>(bytes_.data()), bytes_.size());
}

}  // namespace updraft::files
