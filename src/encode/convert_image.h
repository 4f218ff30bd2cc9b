// An EfficientNet-Lite as PyTorch's implementation names its tensors, as a GGUF file of the architecture
// "efficientnet-lite": batch norms folded into the convolutions, channels filled up to multiples of 32, and the
// classes' names (see efficient_net.h for the tensors).
#pragma once

#include <filesystem>
#include <span>
#include <string>

#include "encode/safetensors.h"
#include "gguf/writer.h"
#include "updraft/result.h"

namespace updraft::encode {

// `folder` holds model.safetensors and classes.txt (a name a line), as tools/fetch efficientnet leaves them, and
// perhaps projection.safetensors: projection.weight [dimension, features] and projection.bias [dimension]. The model is
// Lite0, Lite1 or Lite2. Matrices become `type` (see gguf/convert.h), but those of the first five stages f16 beside any
// type in blocks. Errors name the file: not_found, io, corrupt, unsupported.
[[nodiscard]] Result<gguf::Contents> convert_image_encoder(const std::filesystem::path& folder, gguf::TensorType type);

// The same from what the files hold; errors name none. `side`: pixels of the pictures; 0: as the model of this size was
// trained. `projection`: nullptr for none.
[[nodiscard]] Result<gguf::Contents> convert_image_encoder(const SafeTensors& tensors,
                                                           std::span<const std::string> classes,
                                                           const SafeTensors* projection, int side,
                                                           gguf::TensorType type);

}  // namespace updraft::encode
