// Any bytes, as a GGUF file and as a safetensors file: the image encoder refuses them in one line, or sees something in
// a picture.
#include <array>
#include <cmath>
#include <cstdint>
#include <string>

#include "encode/convert_image.h"
#include "encode/image_encoder.h"
#include "require.h"

using namespace updraft;

namespace {

constexpr int largest_side = 64;  // of the pictures that are worth the time

void load(std::span<const std::byte> bytes) {
  const auto file = gguf::File::parse(bytes);
  if (!file) return require_one_line(file.error());
  const auto encoder = encode::ImageEncoder::load(*file, {.threads = 1});
  if (!encoder) return require_one_line(encoder.error());
  if (encoder->side() > largest_side) return;
  constexpr std::array<std::uint8_t, 18> rgb = {0, 50, 100, 150, 200, 255, 9, 8, 7, 1, 2, 3, 255, 255, 255, 90, 0, 90};
  const auto encoded = encoder->encode(encode::Pixels{rgb, 3, 2});
  if (!encoded) return require_one_line(encoded.error());
  require(encoded->logits.size() == encoder->classes().size());
  require(encoded->point.size() == static_cast<std::size_t>(encoder->dimension()));
  for (const float feature : encoded->features) require(feature >= 0 && feature <= 6.001F);
  for (const auto& seen : encode::ImageEncoder::likeliest(encoded->logits, 5)) {
    require(seen.index < encoder->classes().size() && seen.probability >= 0 && seen.probability <= 1);
  }
}

}  // namespace

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  static const std::array<std::string, 4> classes = {"a", "b", "c", "d"};
  const auto bytes = std::as_bytes(std::span(data, size));
  load(bytes);
  const auto tensors = encode::SafeTensors::parse(bytes);
  if (!tensors) {
    require_one_line(tensors.error());
    return 0;
  }
  const auto contents = encode::convert_image_encoder(*tensors, classes, &*tensors, 32, gguf::TensorType::q8_0);
  if (!contents) {
    require_one_line(contents.error());
    return 0;
  }
  if (const auto converted = gguf::to_bytes(*contents)) load(*converted);
  return 0;
}
