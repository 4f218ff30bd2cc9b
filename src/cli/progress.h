// How far long work is, on stderr: on a terminal a line that changes, else a line for each tenth.
#pragma once

#include <chrono>
#include <cstddef>
#include <string>

namespace updraft::cli {

class Progress {
 public:
  // "updraft: 12 of 300 intents, 0:01:30 left"
  explicit Progress(std::string what, std::string things = "intents");

  // `done` of `all`, of which `had` were done before.
  void operator()(std::size_t done, std::size_t had, std::size_t all);

 private:
  std::string what_, things_;
  bool on_terminal_;
  std::size_t last_tenth_ = 0;
  std::chrono::steady_clock::time_point start_ = std::chrono::steady_clock::now();
};

}  // namespace updraft::cli
