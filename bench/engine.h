// updraft's side of the benchmark.
#pragma once

#include <filesystem>

#include "bench/workload.h"
#include "updraft/result.h"

namespace updraft::bench {

// One round of bench/workload.h. `whole_vocabulary`: as many logits as llama.cpp computes, although the file has a
// shortlist.
[[nodiscard]] Result<Measurement> measure_engine(const std::filesystem::path& path, int threads, bool whole_vocabulary);

}  // namespace updraft::bench
