#include "cli/model_path.h"

#include "cli/outcome.h"

#include <cstdlib>
#include <optional>
#include <string>
#include <system_error>

namespace updraft::cli {
namespace {

std::filesystem::path program_folder() {
  std::error_code ignored;
  return std::filesystem::read_symlink("/proc/self/exe", ignored).parent_path();
}

std::optional<std::string> environment(const char* name) {
  const char* value = std::getenv(name);
  return value != nullptr && *value != '\0' ? std::optional<std::string>(value) : std::nullopt;
}

// A file that comes with updraft, where it is: in the source tree, or beside the bin folder.
std::optional<std::filesystem::path> shipped(const std::filesystem::path& file) {
  for (const auto& folder : {source_tree(), program_folder().parent_path() / "share/updraft"}) {
    std::error_code ignored;
    if (std::filesystem::exists(folder / file, ignored)) return folder / file;
  }
  return std::nullopt;
}

}  // namespace

std::filesystem::path source_tree() { return program_folder().parent_path().parent_path().parent_path(); }

std::filesystem::path studio_path() {
  return shipped("web/dist").value_or(program_folder().parent_path() / "share/updraft/studio");
}

std::filesystem::path model_path(std::string_view option) {
  if (!option.empty()) return option;
  if (const auto variable = environment("UPDRAFT_MODEL")) return *variable;
  const std::filesystem::path file = "models/updraft-135m-q4_0.gguf";
  return shipped(file).value_or(source_tree() / file);
}

int report_model(const Error& error) {
  const bool missing = error.code == ErrorCode::not_found;
  report({error.code, error.message + (missing ? "; name a model file with --model or UPDRAFT_MODEL" : "")});
  return user_error;  // a folder or a file that may not be read, too
}

std::filesystem::path image_encoder_path(std::string_view option) {
  if (!option.empty()) return option;
  if (const auto variable = environment("UPDRAFT_IMAGE_ENCODER")) return *variable;
  return shipped("models/image-encoder-q8_0.gguf").value_or(std::filesystem::path());
}

PairFiles pair_files(std::string_view option) {
  if (option.empty()) return {};
  const auto variable = environment("UPDRAFT_ONNXRUNTIME");
  return {.folder = option,
          .runtime = variable ? std::filesystem::path(*variable)
                              : shipped(".cache/onnxruntime/libonnxruntime.so").value_or(std::filesystem::path())};
}

std::filesystem::path text_encoder_path(std::string_view option) {
  if (option == "none") return {};
  if (!option.empty()) return option;
  if (const auto variable = environment("UPDRAFT_MINILM")) return *variable;
  if (const auto file = shipped("models/minilm-l6-q8_0.gguf")) return *file;
  return shipped(".cache/minilm").value_or(std::filesystem::path());
}

}  // namespace updraft::cli
