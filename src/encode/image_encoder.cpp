#include "encode/image_encoder.h"

#include <algorithm>
#include <cmath>
#include <numeric>
#include <thread>

#include "encode/efficient_net.h"

namespace updraft::encode {

struct ImageEncoder::State {
  explicit State(int threads) : pool(threads) {}

  kernels::ThreadPool pool;
  EfficientNetWeights weights;
  std::vector<std::string> classes;
  std::unique_ptr<EfficientNet> net;
};

ImageEncoder::ImageEncoder(std::unique_ptr<State> state) : state_(std::move(state)) {}
ImageEncoder::ImageEncoder(ImageEncoder&&) noexcept = default;
ImageEncoder& ImageEncoder::operator=(ImageEncoder&&) noexcept = default;
ImageEncoder::~ImageEncoder() = default;

Result<ImageEncoder> ImageEncoder::load(const std::filesystem::path& path, const Options& options) {
  const auto file = gguf::File::open(path);
  if (!file) return tl::unexpected(file.error());
  return load(*file, options);
}

Result<ImageEncoder> ImageEncoder::load(const gguf::File& file, const Options& options) {
  const int cores = static_cast<int>(std::max(1U, std::thread::hardware_concurrency()));
  auto state = std::make_unique<State>(options.threads > 0 ? options.threads : cores);
  const kernels::Kernels& kernels = options.kernels != nullptr ? *options.kernels : kernels::best_kernels();
  auto weights = EfficientNetWeights::load(file, kernels, state->pool);
  if (!weights) return tl::unexpected(weights.error());
  state->weights = std::move(*weights);
  const auto names = file.strings("efficientnet-lite.classes");
  if (!names) return tl::unexpected(names.error());
  state->classes.assign(names->begin(), names->end());
  state->net = std::make_unique<EfficientNet>(state->weights, state->pool);
  return ImageEncoder(std::move(state));
}

int ImageEncoder::side() const { return state_->weights.shape.side; }
int ImageEncoder::features() const { return state_->weights.shape.features; }
int ImageEncoder::inner() const { return state_->weights.shape.inner; }
int ImageEncoder::hidden() const { return state_->weights.shape.hidden; }
int ImageEncoder::dimension() const { return state_->weights.shape.dimension; }
std::span<const std::string> ImageEncoder::classes() const { return state_->classes; }

Result<EncodedImage> ImageEncoder::encode(const Pixels& pixels) const {
  constexpr std::size_t colours = EfficientNetShape::colours;
  if (pixels.width < 1 || pixels.height < 1) return fail(ErrorCode::invalid_argument, "the picture has no pixels");
  const auto width = static_cast<std::size_t>(pixels.width), height = static_cast<std::size_t>(pixels.height);
  if (pixels.rgb.size() % (width * colours) != 0 || pixels.rgb.size() / (width * colours) != height) {
    return fail(ErrorCode::invalid_argument, "the picture has not as many bytes as its pixels need");
  }
  const EfficientNetShape& shape = state_->weights.shape;
  return encode(resized(pixels, shape.side, shape.mean, shape.deviation, state_->pool));
}

Result<EncodedImage> ImageEncoder::encode(std::span<const float> image) const {
  const EfficientNetShape& shape = state_->weights.shape;
  const auto side = static_cast<std::size_t>(shape.side);
  if (image.size() != side * side * EfficientNetShape::colours) {
    return fail(ErrorCode::invalid_argument, "the picture is not of the encoder's size");
  }
  EncodedImage out;
  out.features.resize(static_cast<std::size_t>(shape.all_features()));
  out.logits.resize(static_cast<std::size_t>(shape.classes));
  out.hidden.resize(static_cast<std::size_t>(shape.hidden));
  out.point.resize(static_cast<std::size_t>(shape.dimension));
  state_->net->forward(image, {out.features, out.logits, out.hidden, out.point});
  double square = 0;
  for (const float x : out.point) square += double{x} * x;
  const auto finite = [](float x) { return std::isfinite(x); };
  if (!std::all_of(out.features.begin(), out.features.end(), finite) ||
      !std::all_of(out.logits.begin(), out.logits.end(), finite) || !std::isfinite(square)) {
    return fail(ErrorCode::corrupt, "the image encoder's weights are damaged: what it computes is not a number");
  }
  const auto end_of_features = out.features.begin() + shape.features;
  out.inner.assign(end_of_features, out.features.end());
  out.features.erase(end_of_features, out.features.end());
  const auto inverse = static_cast<float>(1 / std::sqrt(std::max(square, 1e-24)));
  for (float& x : out.point) x *= inverse;
  return out;
}

std::vector<ImageEncoder::Seen> ImageEncoder::likeliest(std::span<const float> logits, std::size_t n) {
  if (logits.empty()) return {};
  std::vector<std::size_t> order(logits.size());
  std::iota(order.begin(), order.end(), std::size_t{0});
  const auto end = order.begin() + static_cast<std::ptrdiff_t>(std::min(n, order.size()));
  std::partial_sort(order.begin(), end, order.end(), [&](std::size_t a, std::size_t b) {
    return logits[a] != logits[b] ? logits[a] > logits[b] : a < b;
  });
  const double largest = *std::max_element(logits.begin(), logits.end());
  double sum = 0;
  for (const float logit : logits) sum += std::exp(logit - largest);
  std::vector<Seen> seen;
  for (auto at = order.begin(); at != end; ++at) seen.push_back({*at, std::exp(logits[*at] - largest) / sum});
  return seen;
}

}  // namespace updraft::encode
