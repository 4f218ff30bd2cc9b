// The same model in another tensor type: every matrix is dequantised and quantised again. What that loses is lost: to
// convert for use, begin with the most precise file there is.
#pragma once

#include "gguf/file.h"
#include "gguf/writer.h"

namespace updraft::gguf {

// The file's metadata, ready to be written; no tensors.
// Errors: unsupported, when an integer needs more than 32 bits: writers have none that do.
[[nodiscard]] Result<Contents> copy_metadata(const File& file);

// The number by which general.file_type tells the type of a model's matrices.
[[nodiscard]] std::uint32_t file_type(TensorType type);

// One tensor as `type`. Vectors (norms, biases) become f32, and so does token_types.weight, which readers add to others
// as it is. For q4_0 and q4_1 the embeddings of tokens and positions, the most sensitive matrices, are kept at q8_0.
// Kernels of convolutions (tensors of three dimensions, stem.weight), which are few, become f16 beside any type in
// blocks. Errors: unsupported, when a row does not divide into the type's blocks.
[[nodiscard]] Result<WriteTensor> convert(const Tensor& tensor, TensorType type);

// All of a file. Metadata is copied as it is (general.file_type apart, which tells the new type).
// Errors: those of copy_metadata and of convert() above.
[[nodiscard]] Result<Contents> convert(const File& file, TensorType type);

// A shallower model: layers (blk.N, from 0) are left out, the others move up. What it lost it has to learn again.
// Errors: unsupported (no layers), invalid_argument (a layer that is not there; all of them).
[[nodiscard]] Result<> leave_out_layers(Contents& contents, std::span<const int> layers);

}  // namespace updraft::gguf
