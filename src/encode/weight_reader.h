// What every encoder needs to read its weights from a GGUF file: checked numbers and tensors, matrices packed for the
// kernels.
#pragma once

#include <cstdint>
#include <span>
#include <string>
#include <vector>

#include "gguf/file.h"
#include "kernels/buffer.h"
#include "kernels/kernels.h"
#include "kernels/thread_pool.h"
#include "updraft/result.h"

namespace updraft::encode {

// Reads numbers, finds tensors and checks their shapes. The first error is kept in result(); what is read after it is
// of no use.
class WeightReader {
 public:
  explicit WeightReader(const gguf::File& file) : file_(file) {}  // the file must outlive it

  // min..max, or `min` and an error.
  int integer(const std::string& key, int min, int max);
  float number(const std::string& key, double min, double max);

  // nullptr, and an error, when it is missing or of another shape (slowest dimension first).
  const gguf::Tensor* tensor(const std::string& name, const std::vector<std::uint64_t>& shape);
  const gguf::Tensor* matrix(const std::string& name, int rows, int columns);
  // The tensor's values as floats, zeros when there is an error.
  std::vector<float> values(const std::string& name, const std::vector<std::uint64_t>& shape);
  std::vector<float> vector(const std::string& name, int n) { return values(name, {static_cast<std::uint64_t>(n)}); }

  void wrong(const std::string& message) { wrong(file_.fail(ErrorCode::corrupt, message).value()); }
  [[nodiscard]] const Result<>& result() const { return result_; }

 private:
  void wrong(const Error& error) {
    if (result_) result_ = tl::unexpected(error);
  }

  const gguf::File& file_;
  Result<> result_;
};

// Rows of some tensors that become one matrix: `rows_in_turn` of the first, as many of the second, and so on, until
// there are none left.
struct PackJob {
  kernels::PackedMatrix* target;
  bool centred;
  std::size_t rows_in_turn;
  std::vector<const gguf::Tensor*> tensors;  // of one shape and type
};

// Lays all matrices into one buffer, in the order of the jobs. What is packed leaves memory at once.
[[nodiscard]] kernels::Buffer<std::uint8_t> pack(const gguf::File& file, std::span<const PackJob> jobs,
                                                 const kernels::Kernels& kernels, kernels::ThreadPool& pool);

}  // namespace updraft::encode
