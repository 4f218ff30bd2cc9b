// A training run's state on disk: parameters, both moments of the optimiser and the step. Written to a temporary file,
// synced and renamed, so that a kill leaves the old checkpoint or the new one.
#pragma once

#include <filesystem>

#include "learn/model.h"
#include "learn/optimizer.h"

namespace updraft::learn {

struct Progress {
  std::int64_t step = 0;
  std::int64_t tokens = 0;
  double seconds = 0;
};

[[nodiscard]] Result<> save_checkpoint(const std::filesystem::path& path, const Parameters& parameters,
                                       const AdamW& optimizer, const Progress& progress);
// Nothing of the model is touched before the file's length and start are known to be right. Errors: not_found; corrupt
// (another model's, truncated, damaged): start the run anew, parameters and optimiser are of no use any more.
[[nodiscard]] Result<Progress> load_checkpoint(const std::filesystem::path& path, Parameters& parameters,
                                               AdamW& optimizer);

}  // namespace updraft::learn
