// The text encoders in turns, and updraft's side of it. They return a program's exit code.
#pragma once

#include <string>

namespace updraft::bench {

// As a table.
[[nodiscard]] int compare_encoders(const std::string& model, int threads, int rounds, const std::string& json_path);
// One round of bench/encode_workload.h, as a line of JSON.
[[nodiscard]] int measure_encoder(const std::string& model, int threads);

}  // namespace updraft::bench
