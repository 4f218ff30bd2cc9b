#pragma once

#include <filesystem>
#include <string_view>

#include "updraft/pair.h"
#include "updraft/result.h"

namespace updraft::cli {

// The model file to load: `option` (--model) when it is not empty, else the environment's UPDRAFT_MODEL, else the model
// that comes with updraft: models/updraft-135m-q4_0.gguf in the source tree that the program was built in, or
// share/updraft/models beside the bin folder it was installed in. The file need not be there.
[[nodiscard]] std::filesystem::path model_path(std::string_view option);

// Tells why the model could not be loaded, and how to name another one; gives the exit code.
int report_model(const Error& error);

// The text encoder that scores what is drawn: `option` (--encoder) when it is not empty ("none": an empty path),
// else the environment's UPDRAFT_MINILM, else the first that is there of models/minilm-l6-q8_0.gguf and .cache/minilm,
// or an empty path: without one, suggestions are chosen by likelihood alone.
[[nodiscard]] std::filesystem::path text_encoder_path(std::string_view option);

// Where the studio is when it has been built: web/dist in the source tree, or share/updraft/studio beside the bin
// folder.
[[nodiscard]] std::filesystem::path studio_path();

// What looks at pictures: `option` (--image-encoder) when it is not empty, else the environment's
// UPDRAFT_IMAGE_ENCODER, else models/image-encoder-q8_0.gguf where it is, or an empty path. Its tags lie beside it.
[[nodiscard]] std::filesystem::path image_encoder_path(std::string_view option);

// The pair in the folder `option` (--pair); empty: none. ONNX Runtime is the file that the environment's
// UPDRAFT_ONNXRUNTIME names, else .cache/onnxruntime/libonnxruntime.so in the source tree, where tools/fetch puts it,
// else the system's.
[[nodiscard]] PairFiles pair_files(std::string_view option);

// The source tree that the program was built in, as build/PRESET/bin/updraft.
[[nodiscard]] std::filesystem::path source_tree();

}  // namespace updraft::cli
