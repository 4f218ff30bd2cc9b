// A GGUF file (version 2 and 3, little endian), memory-mapped and read-only. Opening checks every length, offset, type
// and string against the file's size before it is used: a File that opened can be read without further checks.
#pragma once

#include <cstdint>
#include <filesystem>
#include <memory>
#include <span>
#include <string>
#include <string_view>
#include <utility>
#include <variant>
#include <vector>

#include "gguf/types.h"
#include "updraft/result.h"

namespace updraft::gguf {

// Metadata values, widened: all integers to (u)int64, floats to double. Arrays are homogeneous.
using Value = std::variant<bool, std::uint64_t, std::int64_t, double, std::string_view,                 //
                           std::vector<std::uint64_t>, std::vector<std::int64_t>, std::vector<double>,  //
                           std::vector<std::string_view>>;

struct Tensor {
  std::string_view name;
  TensorType type = TensorType::f32;
  std::vector<std::uint64_t>
      shape;                        // [rows, columns], the slowest dimension first (GGUF stores it the other way round)
  std::span<const std::byte> data;  // inside the mapping

  [[nodiscard]] std::size_t rows() const;     // 1 for a vector; product of all but the last dimension
  [[nodiscard]] std::size_t columns() const;  // the last (contiguous) dimension
};

class File {
 public:
  // Errors: not_found, io, corrupt ("not a GGUF file", "truncated: ..."), unsupported (version, tensor type).
  [[nodiscard]] static Result<File> open(const std::filesystem::path& path);
  // For tests and fuzzing: parses bytes that the caller keeps alive.
  [[nodiscard]] static Result<File> parse(std::span<const std::byte> bytes);

  File(File&&) noexcept;
  File& operator=(File&&) noexcept;
  ~File();

  [[nodiscard]] std::span<const Tensor> tensors() const;
  [[nodiscard]] const Tensor* tensor(std::string_view name) const;                     // nullptr: not there
  [[nodiscard]] const Value* find(std::string_view key) const;                         // nullptr: not there
  [[nodiscard]] std::span<const std::pair<std::string_view, Value>> metadata() const;  // in file order

  // The tensor's bytes are not needed for now: gives their memory back where they are a file's. They can still be read.
  void release(const Tensor& tensor) const;

  // Typed look-ups. Errors name the key: corrupt when it is missing, of another kind or out of range.
  [[nodiscard]] Result<std::uint64_t> integer(std::string_view key) const;  // accepts non-negative signed ones
  [[nodiscard]] Result<double> number(std::string_view key) const;          // integers widen
  [[nodiscard]] Result<std::string_view> string(std::string_view key) const;
  [[nodiscard]] Result<std::span<const std::string_view>> strings(std::string_view key) const;
  [[nodiscard]] Result<std::vector<std::uint64_t>> integers(std::string_view key) const;

  // For those who find something wrong with what the file says: the file's path goes before the message.
  [[nodiscard]] tl::unexpected<Error> fail(ErrorCode code, const std::string& message) const;

 private:
  struct State;
  explicit File(std::unique_ptr<State> state);
  std::unique_ptr<State> state_;
};

}  // namespace updraft::gguf
