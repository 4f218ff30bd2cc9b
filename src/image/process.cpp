#include "image/process.h"

#include <fcntl.h>
#include <poll.h>
#include <spawn.h>
#include <sys/mman.h>
#include <sys/syscall.h>
#include <sys/wait.h>
#include <unistd.h>

#include <algorithm>
#include <array>
#include <cerrno>
#include <chrono>
#include <cmath>
#include <csignal>
#include <cstring>
#include <string_view>
#include <utility>

namespace updraft::image {
namespace {

constexpr std::size_t message_bytes = 4096;

tl::unexpected<Error> refused(const std::string& what) {
  return fail(ErrorCode::io, "cannot " + what + ": " + std::strerror(errno));
}

class Descriptor {
 public:
  explicit Descriptor(int value) : value_(value) {}
  ~Descriptor() {
    if (value_ >= 0) close(value_);
  }
  Descriptor(const Descriptor&) = delete;
  Descriptor& operator=(const Descriptor&) = delete;
  [[nodiscard]] int get() const { return value_; }
  explicit operator bool() const { return value_ >= 0; }

 private:
  int value_;
};

bool write_all(int file, std::span<const std::byte> bytes) {
  while (!bytes.empty()) {
    const ssize_t n = write(file, bytes.data(), bytes.size());
    if (n < 0 && errno == EINTR) continue;
    if (n <= 0) return false;
    bytes = bytes.subspan(static_cast<std::size_t>(n));
  }
  return lseek(file, 0, SEEK_SET) == 0;
}

// All of the file, `max` bytes at most.
std::vector<std::byte> read_all(int file, std::uint64_t max) {
  const off_t size = lseek(file, 0, SEEK_END);
  std::vector<std::byte> bytes(size > 0 ? std::min(max, static_cast<std::uint64_t>(size)) : 0);
  std::size_t got = 0;
  while (got < bytes.size()) {
    const ssize_t n = pread(file, bytes.data() + got, bytes.size() - got, static_cast<off_t>(got));
    if (n < 0 && errno == EINTR) continue;
    if (n <= 0) break;
    got += static_cast<std::size_t>(n);
  }
  bytes.resize(got);
  return bytes;
}

std::string first_line(const std::vector<std::byte>& bytes) {
  const std::string_view text(reinterpret_cast<const char*>(bytes.data()), bytes.size());
  return std::string(text.substr(0, text.find('\n')));
}

struct Actions {
  posix_spawn_file_actions_t value{};
  Actions() { posix_spawn_file_actions_init(&value); }
  Actions(const Actions&) = delete;
  Actions& operator=(const Actions&) = delete;
  ~Actions() { posix_spawn_file_actions_destroy(&value); }
};

struct Attributes {
  posix_spawnattr_t value{};
  Attributes() { posix_spawnattr_init(&value); }
  Attributes(const Attributes&) = delete;
  Attributes& operator=(const Attributes&) = delete;
  ~Attributes() { posix_spawnattr_destroy(&value); }
};

// Starts it by way of util-linux's prlimit, which sets the limits and becomes the program. Returns 0 or an errno.
int start(const Command& command, int input, int output, int errors, pid_t& pid) {
  const auto seconds = static_cast<long>(std::ceil(command.seconds));
  std::vector<std::string> arguments = {"prlimit",
                                        "--cpu=" + std::to_string(seconds),
                                        "--as=" + std::to_string(command.memory_bytes),
                                        "--fsize=" + std::to_string(command.output_bytes),
                                        "--core=0",
                                        "--nofile=64",
                                        "--"};
  arguments.insert(arguments.end(), command.arguments.begin(), command.arguments.end());
  std::vector<std::string> environment = {"PATH=/usr/local/bin:/usr/bin:/bin", "HOME=/nonexistent", "LC_ALL=C.UTF-8",
                                          "OMP_THREAD_LIMIT=1"};
  const auto pointers = [](std::vector<std::string>& strings) {
    std::vector<char*> result;
    for (std::string& string : strings) result.push_back(string.data());
    result.push_back(nullptr);
    return result;
  };

  Actions actions;
  posix_spawn_file_actions_adddup2(&actions.value, input, 0);
  posix_spawn_file_actions_adddup2(&actions.value, output, 1);
  posix_spawn_file_actions_adddup2(&actions.value, errors, 2);
  posix_spawn_file_actions_addclosefrom_np(&actions.value, 3);
  posix_spawn_file_actions_addchdir_np(&actions.value, "/");
  // Signals as a program of its own would find them.
  Attributes attributes;
  sigset_t none, all;
  sigemptyset(&none);
  sigfillset(&all);
  posix_spawnattr_setsigmask(&attributes.value, &none);
  posix_spawnattr_setsigdefault(&attributes.value, &all);
  posix_spawnattr_setflags(&attributes.value, POSIX_SPAWN_SETSIGMASK | POSIX_SPAWN_SETSIGDEF);
  return posix_spawnp(&pid, "prlimit", &actions.value, &attributes.value, pointers(arguments).data(),
                      pointers(environment).data());
}

// Whether it ended by itself in time; if not, it is ended. It is gone in any case.
bool wait_for(pid_t pid, double seconds, int& status) {
  using Clock = std::chrono::steady_clock;
  const auto end = Clock::now() + std::chrono::duration_cast<Clock::duration>(std::chrono::duration<double>(seconds));
  const Descriptor handle(static_cast<int>(syscall(SYS_pidfd_open, pid, 0)));
  pollfd waiting{handle.get(), POLLIN, 0};
  bool ended = false;
  while (handle && !ended) {
    const auto left = std::chrono::ceil<std::chrono::milliseconds>(end - Clock::now()).count();
    const int n = poll(&waiting, 1, static_cast<int>(std::max<std::int64_t>(left, 0)));
    ended = n > 0;
    if (n == 0 || (n < 0 && errno != EINTR)) break;
  }
  if (!ended) kill(pid, SIGKILL);
  while (waitpid(pid, &status, 0) < 0) {
    if (errno != EINTR) {  // somebody else waits for all children of this process
      status = 0;
      break;
    }
  }
  return ended;
}

}  // namespace

Result<std::vector<std::byte>> run(const Command& command) {
  const std::string& program = command.arguments.front();
  const std::string late = program + " did not end in " + std::to_string(command.seconds).substr(0, 3) + " seconds";
  const Descriptor input(memfd_create("input", MFD_CLOEXEC)), output(memfd_create("output", MFD_CLOEXEC)),
      errors(memfd_create("errors", MFD_CLOEXEC));
  if (!input || !output || !errors) return refused("make a file in memory");
  if (!write_all(input.get(), command.input)) return refused("write to a file in memory");

  pid_t pid = 0;
  if (const int error = start(command, input.get(), output.get(), errors.get(), pid); error != 0) {
    if (error == ENOENT) return fail(ErrorCode::unsupported, "prlimit (Debian: util-linux) is not installed");
    errno = error;
    return refused("start " + program);
  }
  int status = 0;
  if (!wait_for(pid, patience * std::max(command.seconds, 0.001), status)) return fail(ErrorCode::cancelled, late);
  if (WIFSIGNALED(status) && (WTERMSIG(status) == SIGKILL || WTERMSIG(status) == SIGXCPU)) {
    return fail(ErrorCode::cancelled, late);
  }
  constexpr int not_found = 127;
  if (WIFEXITED(status) && WEXITSTATUS(status) == not_found) {
    return fail(ErrorCode::unsupported, program + " is not installed");
  }
  if (status != 0) {
    const std::string said = first_line(read_all(errors.get(), message_bytes));
    if (!said.empty()) return fail(ErrorCode::corrupt, said);
    return fail(ErrorCode::corrupt, program + (WIFSIGNALED(status) ? " crashed or needed too much memory" : " failed"));
  }
  return read_all(output.get(), command.output_bytes);
}

}  // namespace updraft::image
