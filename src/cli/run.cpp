#include "cli/run.h"

#include <fcntl.h>
#include <pty.h>
#include <sys/wait.h>
#include <unistd.h>

#include <array>
#include <cstdio>
#include <cstdlib>
#include <memory>

namespace updraft::cli {
namespace {

struct Close {
  void operator()(std::FILE* file) const { std::fclose(file); }
};
using File = std::unique_ptr<std::FILE, Close>;

[[noreturn]] void become(const std::vector<std::string>& command, const Setting& setting) {
  for (const std::string& variable : setting.environment) {
    const std::size_t equals = variable.find('=');
    ::setenv(variable.substr(0, equals).c_str(), variable.substr(equals + 1).c_str(), 1);
  }
  std::vector<char*> argv;
  for (const std::string& word : command) argv.push_back(const_cast<char*>(word.c_str()));
  argv.push_back(nullptr);
  ::execvp(argv[0], argv.data());
  ::_exit(127);
}

int wait_for(pid_t child) {
  int status = 0;
  ::waitpid(child, &status, 0);
  return WIFEXITED(status) ? WEXITSTATUS(status) : -WTERMSIG(status);
}

std::string contents(std::FILE* file) {
  std::string text;
  std::array<char, 4096> block{};
  std::rewind(file);
  while (const std::size_t n = std::fread(block.data(), 1, block.size(), file)) text.append(block.data(), n);
  return text;
}

}  // namespace

Finished run(const std::vector<std::string>& command, const Setting& setting) {
  const File in(std::tmpfile());
  const File out(setting.stdout_path.empty() ? std::tmpfile() : std::fopen(setting.stdout_path.c_str(), "w"));
  const File err(std::tmpfile());
  if (!in || !out || !err) return {};
  std::fwrite(setting.stdin_text.data(), 1, setting.stdin_text.size(), in.get());
  std::fflush(in.get());
  ::lseek(::fileno(in.get()), 0, SEEK_SET);
  const pid_t child = ::fork();
  if (child == 0) {
    ::dup2(::fileno(in.get()), STDIN_FILENO);
    ::dup2(::fileno(out.get()), STDOUT_FILENO);
    ::dup2(::fileno(err.get()), STDERR_FILENO);
    become(command, setting);
  }
  Finished result;
  result.exit_code = wait_for(child);
  if (setting.stdout_path.empty()) result.out = contents(out.get());
  result.err = contents(err.get());
  return result;
}

Finished run_in_terminal(const std::vector<std::string>& command, int columns, const Setting& setting) {
  winsize size{};
  size.ws_col = static_cast<unsigned short>(columns);
  size.ws_row = 50;
  int terminal = -1;
  const pid_t child = ::forkpty(&terminal, nullptr, nullptr, &size);
  if (child == 0) become(command, setting);
  Finished result;
  std::array<char, 4096> block{};
  // EIO: the last one has left the terminal.
  for (ssize_t n = 0; (n = ::read(terminal, block.data(), block.size())) > 0;) {
    result.out.append(block.data(), static_cast<std::size_t>(n));
  }
  ::close(terminal);
  result.exit_code = wait_for(child);
  return result;
}

}  // namespace updraft::cli
