// Pictures as what is seen in them: features, classes and, where the model has a projection, points of the text
// encoder's space.
#pragma once

#include <filesystem>
#include <memory>
#include <span>
#include <string>
#include <vector>

#include "encode/resize.h"
#include "gguf/file.h"
#include "kernels/kernels.h"
#include "updraft/result.h"

namespace updraft::encode {

struct EncodedImage {
  std::vector<float> features;  // [features], 0 to 6: what the classes are read from
  std::vector<float> inner;     // [inner], 0 to 6: what the point is read from beside them; perhaps empty
  std::vector<float> hidden;    // [hidden], 0 to 6: the layer before the point; perhaps empty
  std::vector<float> logits;    // [classes]
  std::vector<float> point;     // [dimension], of unit length; empty without a projection
};

class ImageEncoder {
 public:
  struct Options {
    int threads = 0;                            // 0: all cores
    const kernels::Kernels* kernels = nullptr;  // nullptr: the best that this machine supports
  };
  // A GGUF file, such as models/image-encoder-q8_0.gguf. Errors name the file: not_found, io, corrupt,
  // unsupported.
  [[nodiscard]] static Result<ImageEncoder> load(const std::filesystem::path& path, const Options& options);
  [[nodiscard]] static Result<ImageEncoder> load(const std::filesystem::path& path) { return load(path, Options()); }
  // The same of a file that is open already. It is not needed any more afterwards.
  [[nodiscard]] static Result<ImageEncoder> load(const gguf::File& file, const Options& options);

  ImageEncoder(ImageEncoder&&) noexcept;
  ImageEncoder& operator=(ImageEncoder&&) noexcept;
  ~ImageEncoder();

  [[nodiscard]] int side() const;                              // pixels of the square that a picture becomes: 224
  [[nodiscard]] int features() const;                          // 1280
  [[nodiscard]] int inner() const;                             // perhaps 0
  [[nodiscard]] int hidden() const;                            // perhaps 0
  [[nodiscard]] int dimension() const;                         // 384; 0 without a projection
  [[nodiscard]] std::span<const std::string> classes() const;  // [classes]: ImageNet's, as people call them

  // Not for two threads at a time. Errors: invalid_argument (no pixels, or not as many bytes as they need), corrupt
  // (the weights are such that no numbers come out).
  [[nodiscard]] Result<EncodedImage> encode(const Pixels& pixels) const;
  // Of a picture that was made ready elsewhere: [side, side, 3], (colour - mean) / deviation, as the file tells them.
  [[nodiscard]] Result<EncodedImage> encode(std::span<const float> image) const;

  // The likeliest classes, the likeliest first.
  struct Seen {
    std::size_t index = 0;   // in classes()
    double probability = 0;  // softmax of the logits
  };
  [[nodiscard]] static std::vector<Seen> likeliest(std::span<const float> logits, std::size_t n);

 private:
  struct State;
  explicit ImageEncoder(std::unique_ptr<State> state);
  std::unique_ptr<State> state_;
};

}  // namespace updraft::encode
