#pragma once

#include <filesystem>
#include <string_view>

namespace updraft::cli {

// The model file to load: `option` (--model) when it is not empty, else the environment's UPDRAFT_MODEL, else the model
// that comes with updraft: models/updraft-135m-q4_0.gguf in the source tree that the program was built in, or
// share/updraft/models beside the bin folder it was installed in. The file need not be there.
[[nodiscard]] std::filesystem::path model_path(std::string_view option);

// The source tree that the program was built in, as build/PRESET/bin/updraft.
[[nodiscard]] std::filesystem::path source_tree();

}  // namespace updraft::cli
