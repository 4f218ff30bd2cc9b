// Programs measured beside each other, in turns, so that whatever else the machine does falls on all of them. Each
// measurement is a process of its own: its memory and its load are its own. It writes one line of JSON.
#pragma once

#include <algorithm>
#include <cstdio>
#include <functional>
#include <limits>
#include <nlohmann/json.hpp>
#include <optional>
#include <span>
#include <string>
#include <vector>

#include "bench/machine.h"
#include "bench/workload.h"

namespace updraft::bench {

// What a program writes to stdout; nothing when it fails.
[[nodiscard]] std::optional<std::string> output_of(const std::vector<std::string>& command);

[[nodiscard]] std::string shown(const Spread& s);

[[nodiscard]] std::string this_program();
void keep_in_page_cache(const std::string& path);
void show_progress(int round, int rounds, const std::string& side);  // on a terminal; round == rounds: clears it

// One program with its settings, and what it measured: an M a round.
template <class M>
struct Side {
  std::string name;  // as table and JSON show it
  bool is_peer;
  std::vector<std::string> command;
  std::vector<std::string> rows;  // keys of the rows that it takes part in; empty: all
  std::vector<M> rounds;
};

template <class M>
struct RowOfTable {
  std::string name, key, unit;
  bool more_is_better;
  std::function<double(const M&)> value;
};

template <class M>
bool takes_part(const Side<M>& side, const RowOfTable<M>& row) {
  return side.rows.empty() || std::find(side.rows.begin(), side.rows.end(), row.key) != side.rows.end();
}

template <class M>
std::vector<double> values(const Side<M>& side, const RowOfTable<M>& row) {
  std::vector<double> all;
  for (const M& m : side.rounds) all.push_back(row.value(m));
  return all;
}

// How many times better `side` is than its peers at their best in the same round.
template <class M>
std::vector<double> ratios(const Side<M>& side, std::span<const Side<M>> sides, const RowOfTable<M>& row) {
  std::vector<double> all;
  for (std::size_t round = 0; round < side.rounds.size(); ++round) {
    double ratio = std::numeric_limits<double>::infinity();
    for (const Side<M>& peer : sides) {
      if (!peer.is_peer || !takes_part(peer, row)) continue;
      const double a = row.value(side.rounds[round]), b = row.value(peer.rounds[round]);
      ratio = std::min(ratio, row.more_is_better ? a / b : b / a);
    }
    all.push_back(ratio);
  }
  return all;
}

// Runs all sides `rounds` times. Returns what the machine did meanwhile; nothing, with a message on stderr, when a side
// failed.
template <class M>
std::optional<Conditions> run_in_turns(std::span<Side<M>> sides, int rounds,
                                       std::optional<M> (*from_json)(const std::string&)) {
  Watch watch;
  for (int round = 0; round < rounds; ++round) {
    std::vector<Side<M>*> order;
    for (Side<M>& side : sides) order.push_back(&side);
    if (round % 2 == 1) std::reverse(order.begin(), order.end());  // nobody always comes after the same one
    for (Side<M>* side : order) {
      show_progress(round, rounds, side->name);
      watch.look();
      const auto text = output_of(side->command);
      auto measurement = text ? from_json(*text) : std::nullopt;
      if (!measurement) {
        std::fprintf(stderr, "updraft-bench: %s failed\n", side->name.c_str());
        return std::nullopt;
      }
      side->rounds.push_back(std::move(*measurement));
    }
  }
  show_progress(rounds, rounds, "");
  return watch.end();
}

// Prints a line for each row and side, and adds them to the report.
template <class M>
void print_table(std::span<const Side<M>> sides, const std::vector<RowOfTable<M>>& rows, nlohmann::json& report) {
  std::printf("%-29s %6s  %-26s %-26s  %s\n", "", "", "", "     min   median      max",
              "times better than llama.cpp's best (median of rounds)");
  for (const RowOfTable<M>& row : rows) {
    const char *name = row.name.c_str(), *unit = row.unit.c_str();
    for (const Side<M>& side : sides) {
      if (!takes_part(side, row)) continue;
      const Spread s = spread(values(side, row));
      std::printf("%-29s %6s  %-26s %s", name, unit, side.name.c_str(), shown(s).c_str());
      name = unit = "";
      nlohmann::json entry{
          {"unit", row.unit}, {"values", values(side, row)}, {"min", s.min}, {"median", s.median}, {"max", s.max}};
      if (!side.is_peer) {
        entry["times_better"] = median(ratios(side, sides, row));
        std::printf("  %.2f", entry["times_better"].template get<double>());
      }
      std::printf("\n");
      report["rows"][row.key][side.name] = std::move(entry);
    }
  }
}

// What the machine did, in the report: "others_processors" and "ghz".
void record(const Conditions& conditions, nlohmann::json& report);
// A line, where other programs disturbed the measurement.
void tell_others(const Conditions& conditions);

// What was measured on: prints a line, and begins the report with it.
[[nodiscard]] nlohmann::json begin_report(const std::string& model, int threads, int rounds,
                                          const Conditions& conditions);

// Says what disturbed the measurement, and writes the report when there is a path. Returns a program's exit code.
[[nodiscard]] int finish_report(const nlohmann::json& report, const Conditions& conditions,
                                const std::string& json_path);

}  // namespace updraft::bench
