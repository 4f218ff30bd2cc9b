// How training goes, for people and for later.
#pragma once

#include <chrono>
#include <cmath>
#include <filesystem>
#include <fstream>
#include <nlohmann/json_fwd.hpp>
#include <vector>

#include "learn/checkpoint.h"
#include "learn/trainer.h"
#include "plot/chart.h"

namespace updraft::learn {

// What there is to say about a step.
struct StepReport {
  double loss = 0;
  double validation_loss = NAN;  // of the last validation
  bool validated = false;        // in this step
  double rate = 0;
  double gradient_norm = 0;
  double epochs = 0;
};

// A line a step on stderr (on a terminal, one line that changes) and in <run>/log.jsonl, and a picture of the losses,
// <run>/loss.svg, with each validation.
class Reporter {
 public:
  // Goes on with the log up to `progress`: what a killed run logged after its last checkpoint will come again. Errors:
  // io.
  static Result<Reporter> open(const TrainOptions& options, const Progress& progress);

  void report(const Progress& progress, const StepReport& step);

 private:
  Reporter(const TrainOptions& options, const Progress& progress);
  void remember(const nlohmann::ordered_json& entry);
  void draw() const;

  std::filesystem::path run_;
  std::int64_t steps_;
  std::int64_t first_step_;
  std::ofstream log_;
  double smooth_ = NAN;
  std::vector<plot::Point> training_, validation_;
  bool on_terminal_;
  std::chrono::steady_clock::time_point start_ = std::chrono::steady_clock::now();
};

}  // namespace updraft::learn
