// Any bytes: the reader refuses them in one line, or everything that it then promises can be read; so can a tokenizer.
#include <cstdint>
#include <vector>

#include "gguf/file.h"
#include "require.h"
#include "text/tokenizer.h"

using namespace updraft;

namespace {

void read_tensor(const gguf::Tensor& tensor) {
  const std::size_t stride = gguf::row_bytes(tensor.type, tensor.columns());
  require(tensor.data.size() == tensor.rows() * stride);
  std::vector<float> row(tensor.columns());
  gguf::dequantize(tensor.type, tensor.data.first(stride), row);
  gguf::dequantize(tensor.type, tensor.data.last(stride), row);
  std::vector<std::byte> again(stride);
  gguf::quantize(tensor.type, row, again);
}

}  // namespace

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  const auto file = gguf::File::parse(std::as_bytes(std::span(data, size)));
  if (!file) {
    require(file.error().message.find('\n') == std::string::npos);
    return 0;
  }
  for (const auto& [key, value] : file->metadata()) {
    require(file->find(key) == &value);
    (void)file->integer(key);
    (void)file->number(key);
    (void)file->string(key);
    (void)file->strings(key);
    (void)file->integers(key);
  }
  for (const gguf::Tensor& tensor : file->tensors()) read_tensor(tensor);

  const auto tokenizer = text::Tokenizer::from(*file);
  if (!tokenizer) return 0;
  const std::string_view text(reinterpret_cast<const char*>(data), size);
  for (const text::TokenId id : tokenizer->encode(text)) {
    require(id >= 0 && static_cast<std::size_t>(id) < tokenizer->size());
    require(!tokenizer->is_control(id));
    (void)tokenizer->bytes(id);
  }
  return 0;
}
