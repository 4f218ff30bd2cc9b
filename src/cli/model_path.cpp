#include "cli/model_path.h"

#include <cstdlib>
#include <system_error>

namespace updraft::cli {
namespace {

std::filesystem::path program_folder() {
  std::error_code ignored;
  return std::filesystem::read_symlink("/proc/self/exe", ignored).parent_path();
}

}  // namespace

std::filesystem::path source_tree() { return program_folder().parent_path().parent_path().parent_path(); }

std::filesystem::path model_path(std::string_view option) {
  if (!option.empty()) return option;
  if (const char* variable = std::getenv("UPDRAFT_MODEL"); variable != nullptr && *variable != '\0') return variable;

  const std::filesystem::path file = "models/updraft-135m-q4_0.gguf";
  std::error_code error;
  const std::filesystem::path tree = source_tree();
  const std::filesystem::path installed = program_folder().parent_path() / "share/updraft" / file;
  if (!std::filesystem::exists(tree / file, error) && std::filesystem::exists(installed, error)) return installed;
  return tree / file;
}

}  // namespace updraft::cli
