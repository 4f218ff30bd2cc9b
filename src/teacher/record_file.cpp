#include "teacher/record_file.h"

#include <fcntl.h>
#include <sys/file.h>
#include <sys/stat.h>
#include <unistd.h>

#include <cerrno>
#include <cstring>
#include <nlohmann/json.hpp>
#include <utility>

namespace updraft::teacher {
namespace {

constexpr off_t max_file_bytes = off_t{4} << 30;

tl::unexpected<Error> system_error(const std::filesystem::path& path) {
  return fail(ErrorCode::io, path.string() + ": " + std::strerror(errno));
}

Result<> write_all(int file, std::string_view bytes, const std::filesystem::path& path) {
  while (!bytes.empty()) {
    const ssize_t written = ::write(file, bytes.data(), bytes.size());
    if (written < 0 && errno == EINTR) continue;
    if (written < 0) return system_error(path);
    bytes.remove_prefix(static_cast<std::size_t>(written));
  }
  return {};
}

// The name of a new file is on the disk only when its folder is.
Result<> sync_folder_of(const std::filesystem::path& path) {
  const auto parent = path.parent_path();
  const int folder = ::open(parent.empty() ? "." : parent.c_str(), O_RDONLY | O_DIRECTORY | O_CLOEXEC);
  if (folder < 0) return system_error(path);
  const bool synced = ::fsync(folder) == 0 || errno == EINVAL;  // some file systems cannot
  ::close(folder);
  return synced ? Result<>{} : system_error(path);
}

}  // namespace

RecordFile::RecordFile(RecordFile&& other) noexcept
    : path_(std::move(other.path_)), file_(std::exchange(other.file_, -1)), lines_(std::move(other.lines_)) {}

RecordFile::~RecordFile() {
  if (file_ >= 0) ::close(file_);
}

Result<RecordFile> RecordFile::open(const std::filesystem::path& path) {
  const int descriptor = ::open(path.c_str(), O_RDWR | O_CREAT | O_APPEND | O_CLOEXEC, 0644);
  if (descriptor < 0) return system_error(path);
  RecordFile file(path, descriptor);
  if (::flock(descriptor, LOCK_EX | LOCK_NB) != 0) {
    if (errno == EWOULDBLOCK) return fail(ErrorCode::io, path.string() + ": another program is writing to it");
    return system_error(path);
  }
  if (auto done = file.read(); !done) return tl::unexpected(done.error());
  if (auto done = sync_folder_of(path); !done) return tl::unexpected(done.error());
  return file;
}

Result<> RecordFile::read() {
  struct stat status = {};
  if (::fstat(file_, &status) != 0) return system_error(path_);
  if (!S_ISREG(status.st_mode)) return fail(ErrorCode::io, path_.string() + ": not a file");
  if (status.st_size > max_file_bytes) return fail(ErrorCode::io, path_.string() + ": larger than 4 GiB");
  std::string text(static_cast<std::size_t>(status.st_size), '\0');
  for (std::size_t at = 0; at < text.size();) {
    const ssize_t got = ::pread(file_, text.data() + at, text.size() - at, static_cast<off_t>(at));
    if (got < 0 && errno == EINTR) continue;
    if (got < 0) return system_error(path_);
    if (got == 0) return fail(ErrorCode::io, path_.string() + ": became shorter while it was read");
    at += static_cast<std::size_t>(got);
  }
  const std::size_t whole = text.rfind('\n') + 1;  // npos + 1 is 0
  std::string_view rest = std::string_view(text).substr(0, whole);
  while (!rest.empty()) {
    const std::string_view line = rest.substr(0, rest.find('\n'));
    rest.remove_prefix(line.size() + 1);
    lines_.emplace_back(line);
  }
  if (whole == text.size()) return {};
  // Ours end in a line end, written at once; an editor may have left a last one without.
  const std::string tail = text.substr(whole);
  if (nlohmann::json::accept(tail)) {
    lines_.push_back(tail);
    if (auto done = write_all(file_, "\n", path_); !done) return done;
  } else if (::ftruncate(file_, static_cast<off_t>(whole)) != 0) {
    return system_error(path_);
  }
  return ::fsync(file_) == 0 ? Result<>{} : system_error(path_);
}

Result<> RecordFile::append(std::string_view line) {
  const off_t before = ::lseek(file_, 0, SEEK_END);
  if (before < 0) return system_error(path_);
  Result<> done = write_all(file_, std::string(line) + '\n', path_);
  if (done && ::fsync(file_) != 0) done = system_error(path_);
  if (!done && ::ftruncate(file_, before) != 0) return system_error(path_);
  return done;
}

}  // namespace updraft::teacher
