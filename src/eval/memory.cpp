#include "eval/memory.h"

#include <unistd.h>

#include <charconv>
#include <filesystem>
#include <fstream>
#include <set>
#include <sstream>
#include <string>

namespace updraft::eval {
namespace {

constexpr double kib_a_mb = 1e6 / 1024;

Memory read_status(const std::string& process) {
  Memory memory;
  std::ifstream status("/proc/" + process + "/status");
  for (std::string line; std::getline(status, line);) {
    std::istringstream fields(line);
    std::string name;
    double kib = 0;
    fields >> name >> kib;
    if (name == "VmRSS:") memory.resident_mb = kib / kib_a_mb;
    if (name == "VmHWM:") memory.peak_mb = kib / kib_a_mb;
  }
  return memory;
}

// The port of a URL of this machine.
std::optional<unsigned> local_port(std::string_view url) {
  for (const std::string_view host : {"http://127.0.0.1:", "http://localhost:", "http://[::1]:"}) {
    if (!url.starts_with(host)) continue;
    unsigned port = 0;
    const std::string_view rest = url.substr(host.size());
    if (std::from_chars(rest.data(), rest.data() + rest.size(), port).ec == std::errc()) return port;
  }
  return std::nullopt;
}

// Sockets ("socket:[1234]", as they stand in /proc/*/fd) that listen on a port.
std::set<std::string> listeners(unsigned port) {
  std::set<std::string> sockets;
  for (const char* table : {"/proc/net/tcp", "/proc/net/tcp6"}) {
    std::ifstream lines(table);
    std::string line;
    std::getline(lines, line);  // names of the columns
    while (std::getline(lines, line)) {
      std::istringstream fields(line);
      std::string number, local, remote, state, skipped, inode;
      fields >> number >> local >> remote >> state;
      for (int i = 0; i < 5; ++i) fields >> skipped;
      fields >> inode;
      const std::string_view digits = std::string_view(local).substr(local.find(':') + 1);
      unsigned local_port = 0;
      std::from_chars(digits.data(), digits.data() + digits.size(), local_port, 16);
      constexpr std::string_view listens = "0A";
      if (local_port == port && state == listens) sockets.insert("socket:[" + inode + "]");
    }
  }
  return sockets;
}

}  // namespace

Memory own_memory() { return read_status("self"); }
Memory memory_of(pid_t process) { return read_status(std::to_string(process)); }

void forget_own_peak() { std::ofstream("/proc/self/clear_refs") << "5"; }

std::optional<pid_t> server_behind(std::string_view url) {
  namespace fs = std::filesystem;
  const auto port = local_port(url);
  if (!port) return std::nullopt;
  const auto sockets = listeners(*port);
  std::error_code ignored;  // processes come and go, and may not be ours to look at
  for (fs::directory_iterator process("/proc", ignored), end; process != end; process.increment(ignored)) {
    const std::string name = process->path().filename();
    pid_t id = 0;
    if (std::from_chars(name.data(), name.data() + name.size(), id).ec != std::errc()) continue;
    for (fs::directory_iterator file(process->path() / "fd", ignored); file != end; file.increment(ignored)) {
      if (sockets.contains(fs::read_symlink(file->path(), ignored).string())) return id;
    }
  }
  return std::nullopt;
}

}  // namespace updraft::eval
