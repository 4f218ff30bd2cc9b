// Writes a GGUF file (version 3) atomically: to a temporary file beside the target, synced, then renamed. A crash or a
// full disk leaves the old file or none, never half of one.
#pragma once

#include <filesystem>
#include <string>
#include <vector>

#include "gguf/file.h"

namespace updraft::gguf {

// Metadata kinds that writers need; readers widen them (see Value).
using WriteValue = std::variant<bool, std::uint32_t, std::int32_t, float, std::string, std::vector<std::string>,
                                std::vector<std::int32_t>, std::vector<std::uint32_t>, std::vector<float>>;

struct WriteTensor {
  std::string name;
  TensorType type = TensorType::f32;
  std::vector<std::uint64_t> shape;  // slowest dimension first, as in Tensor
  std::vector<std::byte> data;       // rows * row_bytes(type, columns)
};

struct Contents {
  std::vector<std::pair<std::string, WriteValue>> metadata;  // kept in this order
  std::vector<WriteTensor> tensors;
};

[[nodiscard]] Result<> write(const std::filesystem::path& path, const Contents& contents);
// The same bytes, in memory.
[[nodiscard]] Result<std::vector<std::byte>> to_bytes(const Contents& contents);

}  // namespace updraft::gguf
