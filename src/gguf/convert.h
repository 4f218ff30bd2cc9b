// The same model in another tensor type: every matrix is dequantised and quantised again. What that loses is lost: to
// convert for use, begin with the most precise file there is.
#pragma once

#include "gguf/file.h"
#include "gguf/writer.h"

namespace updraft::gguf {

// Metadata is copied as it is (general.file_type apart, which tells the new type). Vectors (norms, biases) become f32.
// For q4_0 and q4_1 the token embedding, the most sensitive matrix, is kept at q8_0.
// Errors: unsupported, when a row does not divide into `type`'s blocks or an integer of the metadata needs 64 bits.
[[nodiscard]] Result<Contents> convert(const File& file, TensorType type);

}  // namespace updraft::gguf
