#include "files/replacement.h"

#include <fcntl.h>
#include <signal.h>
#include <unistd.h>

#include <cerrno>
#include <charconv>
#include <cstring>
#include <string>
#include <utility>
#include <vector>

namespace updraft::files {
namespace {

constexpr std::string_view mark = ".tmp-";  // <target>.tmp-<process>-<attempt>

tl::unexpected<Error> refused(const std::filesystem::path& path, const char* doing) {
  return fail(ErrorCode::io, path.string() + ": " + doing + ": " + std::strerror(errno));
}

}  // namespace

Replacement::Replacement(std::filesystem::path target, std::filesystem::path path, int file)
    : target_(std::move(target)), path_(std::move(path)), file_(file) {}

Replacement::Replacement(Replacement&& other) noexcept
    : target_(std::move(other.target_)), path_(std::move(other.path_)), file_(std::exchange(other.file_, -1)) {
  other.path_.clear();
}

Replacement::~Replacement() {
  if (file_ >= 0) ::close(file_);
  if (!path_.empty()) ::unlink(path_.c_str());
}

Result<Replacement> Replacement::create(const std::filesystem::path& target) {
  for (int attempt = 0; attempt < 100; ++attempt) {
    auto path = target;
    path += std::string(mark) + std::to_string(::getpid()) + "-" + std::to_string(attempt);
    const int file = ::open(path.c_str(), O_WRONLY | O_CREAT | O_EXCL | O_CLOEXEC, 0666);
    if (file >= 0) return Replacement(target, std::move(path), file);
    if (errno != EEXIST) break;
  }
  return refused(target, "cannot create");
}

Result<> Replacement::write(std::span<const std::byte> bytes) {
  while (!bytes.empty()) {
    const ssize_t written = ::write(file_, bytes.data(), bytes.size());
    if (written < 0 && errno == EINTR) continue;
    if (written < 0) return refused(target_, "cannot write");
    bytes = bytes.subspan(static_cast<std::size_t>(written));
  }
  return {};
}

Result<> Replacement::commit() {
  if (::fsync(file_) != 0) return refused(target_, "cannot write");
  if (::close(std::exchange(file_, -1)) != 0) return refused(target_, "cannot write");
  if (::rename(path_.c_str(), target_.c_str()) != 0) return refused(target_, "cannot replace");
  path_.clear();
  // Without this, a crash could still undo the renaming. Some file systems cannot do it; the file is whole anyway.
  const auto folder = target_.has_parent_path() ? target_.parent_path() : std::filesystem::path(".");
  if (const int directory = ::open(folder.c_str(), O_RDONLY | O_DIRECTORY | O_CLOEXEC); directory >= 0) {
    (void)::fsync(directory);
    ::close(directory);
  }
  return {};
}

void remove_leftovers(const std::filesystem::path& target) {
  const auto folder = target.has_parent_path() ? target.parent_path() : std::filesystem::path(".");
  const std::string start = target.filename().string() + std::string(mark);
  std::error_code code;
  std::vector<std::filesystem::path> leftovers;
  for (std::filesystem::directory_iterator entry(folder, code), end; !code && entry != end; entry.increment(code)) {
    const std::string name = entry->path().filename().string();
    if (!name.starts_with(start)) continue;
    pid_t process = 0;
    const char* const last = name.data() + name.size();
    const auto [rest, error] = std::from_chars(name.data() + start.size(), last, process);
    if (error != std::errc() || rest == last || *rest != '-' || process <= 0) continue;
    if (::kill(process, 0) != 0 && errno == ESRCH) leftovers.push_back(entry->path());
  }
  for (const auto& path : leftovers) std::filesystem::remove(path, code);
}

Result<> replace(const std::filesystem::path& target, std::string_view text) {
  auto file = Replacement::create(target);
  if (!file) return tl::unexpected(file.error());
  if (auto done = file->write(std::as_bytes(std::span(text))); !done) return done;
  return file->commit();
}

}  // namespace updraft::files
