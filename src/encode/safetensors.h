// A safetensors file (a JSON header, then the tensors' bytes), memory-mapped and read-only. Opening checks every
// length, shape and offset against the file's size: a file that opened can be read without further checks.
#pragma once

#include <cstddef>
#include <filesystem>
#include <functional>
#include <map>
#include <span>
#include <string>
#include <string_view>

#include "files/mapping.h"
#include "gguf/file.h"
#include "updraft/result.h"

namespace updraft::encode {

class SafeTensors {
 public:
  // Errors: not_found, io, corrupt ("not a safetensors file", "truncated: ..."), unsupported (an unknown data type).
  [[nodiscard]] static Result<SafeTensors> open(const std::filesystem::path& path);
  // For tests and fuzzing: parses bytes that the caller keeps alive.
  [[nodiscard]] static Result<SafeTensors> parse(std::span<const std::byte> bytes);

  // nullptr: not there, or not of a float type (F32, F16, BF16). Its name and data live as long as this does.
  [[nodiscard]] const gguf::Tensor* tensor(std::string_view name) const;
  [[nodiscard]] std::size_t size() const { return tensors_.size(); }

 private:
  SafeTensors() = default;
  Result<> read(std::span<const std::byte> bytes);

  files::Mapping mapping_;
  std::map<std::string, gguf::Tensor, std::less<>> tensors_;
};

}  // namespace updraft::encode
