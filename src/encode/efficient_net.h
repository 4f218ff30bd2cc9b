// EfficientNet-Lite (arXiv 1905.11946, without squeeze-and-excitation and with ReLU6): a picture as the mean of what
// its last convolution says of each place, and from that mean the logits of classes and, where the file has a
// projection, a point in another encoder's space. The projection may have a layer before it, and may also read the
// means of what some blocks compute on the way ("inner" features): what a drawing is of shows earlier than the classes
// of photos do.
//
// A convolution of 1x1 is a product of a matrix with a row of channels a pixel, so pictures are stored with the
// channels of a pixel side by side. Batch norms are folded into the convolutions, and channels are filled up with zeros
// to multiples of 32, when the file is made (convert_image.h).
//
// Tensors of the file: stem.weight [channels, 32] (the columns: 3 rows of 3 pixels of 3 colours, 5 zeros),
// blk.<i>.{expand,project}.weight, blk.<i>.depthwise.weight [kernel, kernel, channels], head.weight, classifier.weight
// and perhaps hidden.weight, projection.weight; a .bias with each. Metadata: see EfficientNetShape.
#pragma once

#include <memory>
#include <span>
#include <string_view>
#include <vector>

#include "gguf/file.h"
#include "kernels/buffer.h"
#include "kernels/kernels.h"
#include "kernels/thread_pool.h"
#include "nn/weights.h"
#include "updraft/result.h"

namespace updraft::encode {

// What can be shown anywhere: 1 to 100 bytes without control characters.
[[nodiscard]] bool is_class_name(std::string_view name);

// As a GGUF file of the architecture "efficientnet-lite" tells it; every number is checked here.
struct EfficientNetShape {
  static constexpr int colours = 3;
  static constexpr int stem_kernel = 3, stem_stride = 2;
  static constexpr int max_side = 512, max_blocks = 64, max_channels = 4096, max_classes = 1 << 16;
  static constexpr int max_inner = 1 << 14;
  static constexpr int max_hidden = 1 << 23;  // values between a block's convolutions

  // Inverted bottleneck: 1x1 to `hidden` channels, one kernel a channel, 1x1 to `out` channels.
  struct Block {
    int in = 0, hidden = 0, out = 0;  // channels, multiples of 32
    int kernel = 0;                   // 3 or 5
    int stride = 0;                   // 1 or 2
    bool expands = false;             // or there is no first convolution, and hidden == in
    bool residual = false;            // the input is added to the output; stride is 1, in == out, expands
    int side_in = 0, side_out = 0;    // pixels

    [[nodiscard]] int pixels_in() const { return side_in * side_in; }
    [[nodiscard]] int pixels_out() const { return side_out * side_out; }
  };

  int side = 0;                   // pixels of the picture: efficientnet-lite.image_size, 32..512
  float mean = 0, deviation = 1;  // of the colours 0..255: input = (colour - mean) / deviation
  int stem = 0;                   // channels
  std::vector<Block> blocks;      // efficientnet-lite.strides, .residual: one number a block
  int features = 0;               // 32..4096
  int classes = 0;                // efficientnet-lite.classes: their names, 1..65536
  std::vector<int> inner_blocks;  // efficientnet-lite.inner: whose expansions are inner features; perhaps none
  int inner = 0;                  // how many features these are
  int hidden = 0;                 // ReLU6 units before the projection; 0: it has no such layer
  int dimension = 0;              // of a point; 0: the file has no projection

  // Errors: corrupt (a number is missing, out of its range or of another tensor's shape), unsupported (another
  // architecture, pictures between the convolutions that are too large).
  [[nodiscard]] static Result<EfficientNetShape> from(const gguf::File& file);

  [[nodiscard]] int stem_side() const { return (side + stem_stride - 1) / stem_stride; }
  [[nodiscard]] int last_side() const { return blocks.back().side_out; }
  [[nodiscard]] int all_features() const { return features + inner; }
  [[nodiscard]] bool is_inner(std::size_t block) const;
};

struct EfficientNetBlock {
  nn::Linear expand;             // no matrix where the block does not expand
  std::vector<float> depthwise;  // [kernel, kernel, hidden]
  std::vector<float> depthwise_bias;
  nn::Linear project;
};

struct EfficientNetWeights {
  EfficientNetShape shape;
  const kernels::Kernels* kernels = nullptr;
  nn::Linear stem;
  std::vector<EfficientNetBlock> blocks;
  nn::Linear head;
  nn::Linear classifier;
  nn::Linear hidden;                     // no matrix without such a layer
  nn::Linear projection;                 // no matrix without a projection
  kernels::Buffer<std::uint8_t> packed;  // the memory of the matrices

  // The file is not needed any more afterwards. Errors: those of EfficientNetShape::from; corrupt (a tensor is missing
  // or of another shape).
  [[nodiscard]] static Result<EfficientNetWeights> load(const gguf::File& file, const kernels::Kernels& kernels,
                                                        kernels::ThreadPool& pool);
};

class EfficientNet {
 public:
  // Weights and pool must outlive it.
  EfficientNet(const EfficientNetWeights& weights, kernels::ThreadPool& pool);
  EfficientNet(EfficientNet&&) noexcept;
  EfficientNet& operator=(EfficientNet&&) noexcept;
  ~EfficientNet();

  struct Answer {
    std::span<float> features;  // [features + inner]
    std::span<float> logits;    // [classes]
    std::span<float> hidden;    // [hidden]
    std::span<float> point;     // [dimension], of any length
  };
  // image [side, side, 3], normalised. The same on any number of threads. Not for two threads at a time.
  void forward(std::span<const float> image, const Answer& answer);

 private:
  struct State;
  std::unique_ptr<State> state_;
};

}  // namespace updraft::encode
