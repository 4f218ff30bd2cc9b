#include "bench/side_by_side.h"

#include <fcntl.h>
#include <spawn.h>
#include <sys/wait.h>
#include <unistd.h>

#include <algorithm>
#include <array>
#include <cstdio>
#include <filesystem>
#include <fstream>
#include <thread>

#include "bench/workload.h"

namespace updraft::bench {

std::optional<std::string> output_of(const std::vector<std::string>& command) {
  std::array<int, 2> ends{};
  if (pipe2(ends.data(), O_CLOEXEC) != 0) return std::nullopt;
  posix_spawn_file_actions_t actions;
  posix_spawn_file_actions_init(&actions);
  posix_spawn_file_actions_adddup2(&actions, ends[1], STDOUT_FILENO);
  std::vector<char*> arguments;
  for (const std::string& argument : command) arguments.push_back(const_cast<char*>(argument.c_str()));
  arguments.push_back(nullptr);
  pid_t child = -1;
  const int spawned = posix_spawn(&child, arguments[0], &actions, nullptr, arguments.data(), environ);
  posix_spawn_file_actions_destroy(&actions);
  close(ends[1]);
  std::string text;
  std::array<char, 4096> chunk;
  for (ssize_t n = 0; (n = read(ends[0], chunk.data(), chunk.size())) > 0;)
    text.append(chunk.data(), static_cast<std::size_t>(n));
  close(ends[0]);
  int status = -1;
  if (spawned != 0 || waitpid(child, &status, 0) != child || status != 0) return std::nullopt;
  return text;
}

std::string shown(const Spread& s) {
  std::array<char, 64> text;
  std::snprintf(text.data(), text.size(), "%8.2f %8.2f %8.2f", s.min, s.median, s.max);
  return text.data();
}

std::string this_program() { return std::filesystem::read_symlink("/proc/self/exe"); }

void keep_in_page_cache(const std::string& path) {
  std::ifstream(path, std::ios::binary).ignore(std::numeric_limits<std::streamsize>::max());
}

void show_progress(int round, int rounds, const std::string& side) {
  if (isatty(STDERR_FILENO) == 0) return;
  if (round == rounds) {
    std::fprintf(stderr, "\r%60s\r", "");
  } else {
    std::fprintf(stderr, "\rround %d of %d: %-26s", round + 1, rounds, side.c_str());
  }
}

void record(const Conditions& conditions, nlohmann::json& report) {
  report["others_processors"] = conditions.others;
  report["ghz"] = {conditions.ghz.min, conditions.ghz.median, conditions.ghz.max};
}

void tell_others(const Conditions& conditions) {
  if (conditions.others > 0.05) {
    std::printf("Disturbed: other programs kept %.2f processors busy meanwhile.\n", conditions.others);
  }
}

nlohmann::json begin_report(const std::string& model, int threads, int rounds, const Conditions& conditions) {
  const unsigned processors = std::thread::hardware_concurrency();
  std::printf("%s, %d threads on %u processors (%s), %d rounds; %s\n", model.c_str(), threads, processors,
              processor().c_str(), rounds, conditions.text().c_str());
  nlohmann::json report = {{"model", model},
                           {"threads", threads},
                           {"processors", processors},
                           {"processor", processor()},
                           {"rounds", rounds}};
  record(conditions, report);
  return report;
}

int finish_report(const nlohmann::json& report, const Conditions& conditions, const std::string& json_path) {
  tell_others(conditions);
  if (!json_path.empty() && !(std::ofstream(json_path) << report.dump(2) << "\n")) {
    std::fprintf(stderr, "updraft-bench: cannot write %s\n", json_path.c_str());
    return 1;
  }
  return 0;
}

}  // namespace updraft::bench
