// What all evaluations read: the corpus and the scorer.
#pragma once

#include <filesystem>
#include <string>

#include "reward/reward.h"

namespace updraft::cli {

// `option` (--data), or the corpus that comes with updraft.
[[nodiscard]] std::filesystem::path data_folder(const std::string& option);

// Errors: those of reward::Scorer::load; where there is no file, with what to do.
[[nodiscard]] Result<reward::Scorer> load_scorer(const std::filesystem::path& path, int threads);

}  // namespace updraft::cli
