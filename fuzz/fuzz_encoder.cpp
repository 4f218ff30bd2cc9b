// Any bytes, as a GGUF file and as a safetensors file: the text encoder refuses them in one line, or makes points of
// texts.
#include <sys/mman.h>
#include <unistd.h>

#include <cstdint>
#include <string>

#include "encode/convert.h"
#include "encode/text_encoder.h"
#include "require.h"

using namespace updraft;

namespace {

// The encoder opens paths: this one leads into memory.
class MemoryFile {
 public:
  explicit MemoryFile(std::span<const std::byte> bytes) : descriptor_(memfd_create("encoder", MFD_CLOEXEC)) {
    require(descriptor_ >= 0 && write(descriptor_, bytes.data(), bytes.size()) == static_cast<ssize_t>(bytes.size()));
  }
  ~MemoryFile() { close(descriptor_); }
  MemoryFile(const MemoryFile&) = delete;
  MemoryFile& operator=(const MemoryFile&) = delete;
  [[nodiscard]] std::string path() const { return "/proc/self/fd/" + std::to_string(descriptor_); }

 private:
  int descriptor_;
};

void load(std::span<const std::byte> bytes) {
  const MemoryFile file(bytes);
  const auto encoder = encode::TextEncoder::load(file.path(), {.threads = 1});
  if (!encoder) {
    require(encoder.error().message.find('\n') == std::string::npos);
    return;
  }
  const std::string_view head(reinterpret_cast<const char*>(bytes.data()), std::min<std::size_t>(bytes.size(), 64));
  const std::array<std::string_view, 3> texts = {"", "a sale, a sale", head};
  require(encoder->encode(texts).size() == texts.size() * static_cast<std::size_t>(encoder->dimension()));
}

}  // namespace

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  static const auto vocabulary = encode::WordPiece::parse("[UNK]\n[CLS]\n[SEP]\nsale\na\n##a\n");
  const auto bytes = std::as_bytes(std::span(data, size));
  load(bytes);
  const auto tensors = encode::SafeTensors::parse(bytes);
  if (!tensors) {
    require(tensors.error().message.find('\n') == std::string::npos);
    return 0;
  }
  if (const auto contents = encode::convert(*tensors, *vocabulary, gguf::TensorType::q8_0)) {
    if (const auto converted = gguf::to_bytes(*contents)) load(*converted);
  }
  return 0;
}
