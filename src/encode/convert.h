// A BERT text encoder of sentence-transformers as a GGUF file of the architecture "bert", which llama.cpp loads as
// well: weights, vocabulary and shape in one.
#pragma once

#include <filesystem>

#include "encode/safetensors.h"
#include "encode/word_piece.h"
#include "gguf/writer.h"
#include "updraft/result.h"

namespace updraft::encode {

// `folder` holds model.safetensors and vocab.txt, as tools/fetch minilm leaves them. Matrices become `type` (see
// gguf/convert.h). Errors name the file: not_found, io, corrupt, unsupported.
[[nodiscard]] Result<gguf::Contents> convert(const std::filesystem::path& folder, gguf::TensorType type);

// The same from what the two files hold; errors name none.
[[nodiscard]] Result<gguf::Contents> convert(const SafeTensors& tensors, const WordPiece& vocabulary,
                                             gguf::TensorType type);

}  // namespace updraft::encode
