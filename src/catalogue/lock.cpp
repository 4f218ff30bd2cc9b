#include "catalogue/lock.h"

#include <fcntl.h>
#include <sys/file.h>
#include <unistd.h>

#include <cerrno>
#include <cstring>

namespace updraft::catalogue {

Result<Lock> Lock::take(const std::filesystem::path& path) {
  const int file = ::open(path.c_str(), O_RDWR | O_CREAT | O_CLOEXEC, 0666);
  if (file < 0) return fail(ErrorCode::io, path.string() + ": cannot open: " + std::strerror(errno));
  Lock lock(file);
  if (::flock(file, LOCK_EX | LOCK_NB) != 0) {
    if (errno == EWOULDBLOCK) {
      return fail(ErrorCode::io, path.parent_path().string() + ": another process is writing to this catalogue");
    }
    return fail(ErrorCode::io, path.string() + ": cannot lock: " + std::strerror(errno));
  }
  return lock;
}

Lock::~Lock() {
  if (file_ >= 0) ::close(file_);
}

}  // namespace updraft::catalogue
