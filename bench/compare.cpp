// updraft-bench: updraft beside llama.cpp on the same file, the same prompts and the same number of threads, in turns,
// so that whatever else the machine does falls on both. Each measurement is a process of its own: its memory and its
// load are its own.
//
//   updraft-bench [compare] [MODEL] [--threads N] [--rounds N] [--json FILE]
//   updraft-bench measure MODEL [--threads N] [--whole-vocabulary]     one round of updraft alone, as a line of JSON
#include <fcntl.h>
#include <spawn.h>
#include <sys/wait.h>
#include <unistd.h>

#include <CLI/CLI.hpp>
#include <algorithm>
#include <array>
#include <cstdio>
#include <filesystem>
#include <fstream>
#include <functional>
#include <iostream>
#include <nlohmann/json.hpp>
#include <thread>

#include "bench/engine.h"
#include "bench/workload.h"
#include "gguf/file.h"

namespace updraft::bench {
namespace {

using Json = nlohmann::json;

// What a program writes to stdout; nothing when it fails.
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

// Seconds that the processors of this machine have worked for anybody since it started, and for our finished children.
struct Work {
  double all = 0, ours = 0;
  static Work now() {
    const double tick = 1.0 / static_cast<double>(sysconf(_SC_CLK_TCK));
    std::ifstream stat("/proc/stat");
    std::string name;
    double user = 0, nice = 0, system = 0, idle = 0, iowait = 0, irq = 0, softirq = 0, steal = 0;
    stat >> name >> user >> nice >> system >> idle >> iowait >> irq >> softirq >> steal;
    std::ifstream self("/proc/self/stat");
    std::string word;
    double ours = 0;
    for (int field = 1; field <= 17 && self >> word; ++field)
      if (field >= 14) ours += std::stod(word);  // utime, stime, cutime, cstime
    return {(user + nice + system + irq + softirq + steal) * tick, ours * tick};
  }
};

struct Side {
  std::string name;  // as table and JSON show it
  bool is_peer;
  std::vector<std::string> command;
  std::vector<std::string> rows;  // keys of the rows that it takes part in; empty: all
  std::vector<Measurement> rounds;
};

struct RowOfTable {
  std::string name, key, unit;
  bool more_is_better;
  std::function<double(const Measurement&)> value;
};

std::vector<RowOfTable> rows_of_table() {
  const auto rate = [](int tokens, double ms) { return tokens / ms * 1000; };
  return {
      {"one stream, " + std::to_string(decode_tokens) + " tokens", "decode", "tok/s", true,
       [=](const Measurement& m) { return rate(decode_tokens, m.decode_ms); }},
      {std::to_string(suggestions) + " suggestions x " + std::to_string(suggestion_tokens) + " tokens", "suggest", "ms",
       false, [](const Measurement& m) { return m.suggest_ms; }},
      {"prompt of " + std::to_string(prefill_tokens) + " tokens", "prefill", "tok/s", true,
       [=](const Measurement& m) { return rate(prefill_tokens, m.prefill_ms); }},
      {"load to first token", "load", "ms", false, [](const Measurement& m) { return m.load_ms; }},
      {"peak memory", "peak_rss", "MiB", false, [](const Measurement& m) { return m.peak_rss_mb; }},
  };
}

struct Spread {
  double min, median, max;
};
Spread spread(const std::vector<double>& values) {
  return {*std::min_element(values.begin(), values.end()), median(values),
          *std::max_element(values.begin(), values.end())};
}
std::string shown(const Spread& s) {
  std::array<char, 64> text;
  std::snprintf(text.data(), text.size(), "%7.1f %7.1f %7.1f", s.min, s.median, s.max);
  return text.data();
}

bool takes_part(const Side& side, const RowOfTable& row) {
  return side.rows.empty() || std::find(side.rows.begin(), side.rows.end(), row.key) != side.rows.end();
}

std::vector<double> values(const Side& side, const RowOfTable& row) {
  std::vector<double> all;
  for (const Measurement& m : side.rounds) all.push_back(row.value(m));
  return all;
}

// How many times better `side` is than llama.cpp at its best in the same round.
std::vector<double> ratios(const Side& side, std::span<const Side> sides, const RowOfTable& row) {
  std::vector<double> all;
  for (std::size_t round = 0; round < side.rounds.size(); ++round) {
    double ratio = std::numeric_limits<double>::infinity();
    for (const Side& peer : sides) {
      if (!peer.is_peer || !takes_part(peer, row)) continue;
      const double a = row.value(side.rounds[round]), b = row.value(peer.rounds[round]);
      ratio = std::min(ratio, row.more_is_better ? a / b : b / a);
    }
    all.push_back(ratio);
  }
  return all;
}

std::size_t same_tokens(const Side& side, const Side& peer) {
  const auto &a = side.rounds.back().decoded, &b = peer.rounds.back().decoded;
  return static_cast<std::size_t>(std::mismatch(a.begin(), a.end(), b.begin(), b.end()).first - a.begin());
}

std::string processor() {
  std::ifstream info("/proc/cpuinfo");
  for (std::string line; std::getline(info, line);)
    if (line.starts_with("model name")) return line.substr(line.find(':') + 2);
  return "unknown processor";
}

int compare(const std::string& model, int threads, int rounds, const std::string& json_path) {
  const auto file = gguf::File::open(model);
  if (!file) {
    std::fprintf(stderr, "updraft-bench: %s\n", file.error().message.c_str());
    return 2;
  }
  const std::string self = std::filesystem::read_symlink("/proc/self/exe"), n = std::to_string(threads);
  const bool shortlist = file->find("updraft.shortlist") != nullptr;
  const auto peer = [&](std::vector<std::string> options) {
    options.insert(options.begin(), {UPDRAFT_PEER_PROGRAM, "measure", model, "--threads", n});
    return options;
  };
  std::vector<Side> sides;
  sides.push_back({"llama.cpp", true, peer({}), {}, {}});
  sides.push_back(
      {"llama.cpp, separate caches", true, peer({"--separate-caches", "--only", "suggest"}), {"suggest"}, {}});
  sides.push_back(
      {"llama.cpp, file not mapped", true, peer({"--not-mapped", "--only", "load"}), {"load", "peak_rss"}, {}});
  if (shortlist) sides.push_back({"updraft, as shipped", false, {self, "measure", model, "--threads", n}, {}, {}});
  sides.push_back(
      {"updraft, whole vocabulary", false, {self, "measure", model, "--threads", n, "--whole-vocabulary"}, {}, {}});

  std::ifstream(model, std::ios::binary).ignore(std::numeric_limits<std::streamsize>::max());  // into the page cache
  const Work before = Work::now();
  const double start = now_ms();
  for (int round = 0; round < rounds; ++round) {
    std::vector<Side*> order;
    for (Side& side : sides) order.push_back(&side);
    if (round % 2 == 1) std::reverse(order.begin(), order.end());  // nobody always comes after the same one
    for (Side* side : order) {
      const auto text = output_of(side->command);
      const auto measurement = text ? from_json(*text) : std::nullopt;
      if (!measurement) {
        std::fprintf(stderr, "updraft-bench: %s failed on %s\n", side->name.c_str(), model.c_str());
        return 1;
      }
      side->rounds.push_back(*measurement);
      if (isatty(STDERR_FILENO) != 0)
        std::fprintf(stderr, "\rround %d of %d: %-26s", round + 1, rounds, side->name.c_str());
    }
  }
  if (isatty(STDERR_FILENO) != 0) std::fprintf(stderr, "\r%60s\r", "");
  const Work after = Work::now();
  const double others = (after.all - before.all - (after.ours - before.ours)) * 1000 / (now_ms() - start);

  const unsigned processors = std::thread::hardware_concurrency();
  std::printf("%s, %d threads on %u processors (%s), %d rounds\n", model.c_str(), threads, processors,
              processor().c_str(), rounds);
  std::printf("%-29s %6s  %-26s %-23s  %s\n", "", "", "", "    min  median     max",
              "times better than llama.cpp's best (median of rounds)");
  Json report{{"model", model},           {"threads", threads}, {"processors", processors},
              {"processor", processor()}, {"rounds", rounds},   {"others_processors", others}};
  for (const RowOfTable& row : rows_of_table()) {
    const char *name = row.name.c_str(), *unit = row.unit.c_str();
    for (const Side& side : sides) {
      if (!takes_part(side, row)) continue;
      const Spread s = spread(values(side, row));
      std::printf("%-29s %6s  %-26s %s", name, unit, side.name.c_str(), shown(s).c_str());
      name = unit = "";
      Json entry{
          {"unit", row.unit}, {"values", values(side, row)}, {"min", s.min}, {"median", s.median}, {"max", s.max}};
      if (!side.is_peer) {
        entry["times_better"] = median(ratios(side, sides, row));
        std::printf("  %.2f", entry["times_better"].get<double>());
      }
      std::printf("\n");
      report["rows"][row.key][side.name] = std::move(entry);
    }
  }
  for (const Side& side : sides) {
    if (!side.rows.empty()) continue;
    const int n_output = side.rounds.back().n_output;
    report["n_output"][side.name] = n_output;
    std::printf("%s: %d logits a token", side.name.c_str(), n_output);
    if (!side.is_peer) {
      const std::size_t same = same_tokens(side, sides.front());
      report["same_tokens"][side.name] = same;
      std::printf(", its first %zu of %d greedy tokens are llama.cpp's", same, decode_tokens);
    }
    std::printf("\n");
  }
  if (others > 0.05) std::printf("Disturbed: other programs kept %.2f processors busy meanwhile.\n", others);
  if (!json_path.empty() && !(std::ofstream(json_path) << report.dump(2) << "\n")) {
    std::fprintf(stderr, "updraft-bench: cannot write %s\n", json_path.c_str());
    return 1;
  }
  return 0;
}

int measure(const std::string& model, int threads, bool whole_vocabulary) {
  const auto measurement = measure_engine(model, threads, whole_vocabulary);
  if (!measurement) {
    std::fprintf(stderr, "updraft-bench: %s\n", measurement.error().message.c_str());
    return 2;
  }
  std::cout << to_json(*measurement) << "\n";
  return 0;
}

}  // namespace
}  // namespace updraft::bench

int main(int argc, char** argv) {
  CLI::App app{"updraft beside llama.cpp: same file, same prompts, same threads, in turns"};
  std::string model = UPDRAFT_SOURCE_DIR "/models/updraft-135m-q4_0.gguf", json;
  int threads = 2, rounds = 5;
  bool whole_vocabulary = false;
  auto* measure = app.add_subcommand("measure", "one round of updraft alone, as a line of JSON");
  auto* compare = app.add_subcommand("compare", "both in turns, as a table (the default)");
  for (auto* command : {&app, compare, measure}) {
    command->add_option("model", model, "GGUF file")->check(CLI::ExistingFile);
    command->add_option("--threads", threads, "threads of each side")->check(CLI::Range(1, 256))->capture_default_str();
  }
  for (auto* command : {&app, compare}) {
    command->add_option("--rounds", rounds, "measurements of each side")
        ->check(CLI::Range(1, 1000))
        ->capture_default_str();
    command->add_option("--json", json, "write the report to this file, too");
  }
  measure->add_flag("--whole-vocabulary", whole_vocabulary, "ignore the file's shortlist");
  CLI11_PARSE(app, argc, argv);
  if (*measure) return updraft::bench::measure(model, threads, whole_vocabulary);
  return updraft::bench::compare(model, threads, rounds, json);
}
