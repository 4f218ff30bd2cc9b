#include "cli/eval_files.h"

#include "cli/model_path.h"

namespace updraft::cli {

std::filesystem::path data_folder(const std::string& option) {
  return option.empty() ? source_tree() / "data" : std::filesystem::path(option);
}

Result<reward::Scorer> load_scorer(const std::filesystem::path& path, int threads) {
  auto scorer = reward::Scorer::load(path, {.threads = threads});
  if (scorer || scorer.error().code != ErrorCode::not_found) return scorer;
  return fail(
      scorer.error().code,
      scorer.error().message + "; --minilm or UPDRAFT_MINILM name the text encoder (models/minilm-l6-q8_0.gguf)");
}

}  // namespace updraft::cli
