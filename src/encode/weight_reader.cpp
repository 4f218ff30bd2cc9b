#include "encode/weight_reader.h"

namespace updraft::encode {

using gguf::Tensor;
using kernels::Buffer;
using kernels::Worker;

int WeightReader::integer(const std::string& key, int min, int max) {
  const auto value = file_.integer(key);
  if (!value) {
    wrong(value.error());
  } else if (*value < static_cast<std::uint64_t>(min) || *value > static_cast<std::uint64_t>(max)) {
    wrong(key + " is " + std::to_string(*value) + ", not " + std::to_string(min) + " to " + std::to_string(max));
  } else {
    return static_cast<int>(*value);
  }
  return min;
}

float WeightReader::number(const std::string& key, double min, double max) {
  const auto value = file_.number(key);
  if (!value) {
    wrong(value.error());
  } else if (!(*value >= min && *value <= max)) {
    wrong(key + " is out of its range");
  } else {
    return static_cast<float>(*value);
  }
  return static_cast<float>(min);
}

const Tensor* WeightReader::tensor(const std::string& name, const std::vector<std::uint64_t>& shape) {
  if (!result_) return nullptr;
  const Tensor* tensor = file_.tensor(name);
  if (tensor == nullptr) {
    wrong("tensor " + name + " is missing");
  } else if (tensor->shape != shape) {
    wrong("tensor " + name + " has another shape than the metadata says");
    return nullptr;
  }
  return tensor;
}

const Tensor* WeightReader::matrix(const std::string& name, int rows, int columns) {
  return tensor(name, {static_cast<std::uint64_t>(rows), static_cast<std::uint64_t>(columns)});
}

std::vector<float> WeightReader::values(const std::string& name, const std::vector<std::uint64_t>& shape) {
  const Tensor* found = tensor(name, shape);
  std::size_t n = 1;
  for (const std::uint64_t length : shape) n *= length;
  std::vector<float> values(n);
  if (found != nullptr) gguf::dequantize(found->type, found->data, values);
  return values;
}

namespace {

// Calls f(tensor, row) in the order of the matrix.
template <class Function>
void for_rows(const PackJob& job, const Function& f) {
  for (std::size_t first = 0; first < job.tensors.front()->rows(); first += job.rows_in_turn) {
    for (const Tensor* tensor : job.tensors) {
      for (std::size_t i = first; i < first + job.rows_in_turn; ++i) f(*tensor, i);
    }
  }
}

}  // namespace

Buffer<std::uint8_t> pack(const gguf::File& file, std::span<const PackJob> jobs, const kernels::Kernels& kernels,
                          kernels::ThreadPool& pool) {
  std::size_t total = 0;
  for (const PackJob& job : jobs) {
    const Tensor& first = *job.tensors.front();
    const std::size_t rows = first.rows() * job.tensors.size();
    *job.target = kernels::packed_layout(kernels, first.type, static_cast<int>(rows), static_cast<int>(first.columns()),
                                         job.centred);
    total += job.target->bytes();
  }
  Buffer<std::uint8_t> storage(total, kernels::Pages::large);
  std::uint8_t* at = storage.data();
  for (const PackJob& job : jobs) {
    std::vector<const std::byte*> rows;
    for_rows(job, [&](const Tensor& tensor, std::size_t row) {
      rows.push_back(tensor.data.data() + row * gguf::row_bytes(tensor.type, tensor.columns()));
    });
    job.target->data = at;
    pool.run([&](Worker& worker) {
      const auto groups = worker.share(job.target->groups());
      kernels::pack_groups(kernels, *job.target, rows, groups.begin, groups.end, at);
    });
    for (const Tensor* tensor : job.tensors) file.release(*tensor);
    at += job.target->bytes();
  }
  return storage;
}

}  // namespace updraft::encode
