#include "encode/efficient_net.h"

#include <gtest/gtest.h>

#include <cmath>
#include <functional>

#include "encode/small_efficient_net.h"

namespace updraft::encode {
namespace {

using gguf::TensorType;

// Planes of values: [channels][side * side].
struct Planes {
  std::size_t side = 0;
  std::vector<std::vector<double>> channels;
};

// The forward pass of PyTorch's implementation, plain and slow, in double precision; norms are not folded.
class Reference {
 public:
  explicit Reference(const test::Model& model) : model_(model) {}

  // image [side, side, 3]
  [[nodiscard]] std::vector<double> features(std::span<const float> image, std::size_t side) const {
    Planes x{side, std::vector<std::vector<double>>(3, std::vector<double>(side * side))};
    for (std::size_t i = 0; i < image.size(); ++i) x.channels[i % 3][i / 3] = image[i];
    x = convolution(x, "_conv_stem", "_bn0", 2, true);
    const std::vector<std::size_t> strides = {1, 2, 1, 2, 2, 1, 1, 2, 1};
    for (std::size_t i = 0; i < test::small_blocks.size(); ++i) {
      const auto& b = test::small_blocks[i];
      const std::string prefix = "_blocks." + std::to_string(i) + ".";
      Planes y = x;
      if (b.hidden != b.in) y = convolution(y, prefix + "_expand_conv", prefix + "_bn0", 1, true);
      y = convolution(y, prefix + "_depthwise_conv", prefix + "_bn1", strides[i], true);
      y = convolution(y, prefix + "_project_conv", prefix + "_bn2", 1, false);
      if (strides[i] == 1 && b.in == b.out) {
        for (std::size_t c = 0; c < b.out; ++c) {
          for (std::size_t p = 0; p < y.channels[c].size(); ++p) y.channels[c][p] += x.channels[c][p];
        }
      }
      x = y;
    }
    x = convolution(x, "_conv_head", "_bn1", 1, true);
    std::vector<double> means;
    for (const auto& plane : x.channels) {
      double sum = 0;
      for (const double v : plane) sum += v;
      means.push_back(sum / static_cast<double>(plane.size()));
    }
    return means;
  }
  [[nodiscard]] static std::vector<double> linear(const test::Model& model, const std::string& name,
                                                  const std::vector<double>& x) {
    const auto &weight = model.at(name + ".weight").data, &bias = model.at(name + ".bias").data;
    std::vector<double> out(bias.begin(), bias.end());
    for (std::size_t r = 0; r < out.size(); ++r) {
      for (std::size_t i = 0; i < x.size(); ++i) out[r] += weight[r * x.size() + i] * x[i];
    }
    return out;
  }

 private:
  // With "same" padding. A kernel of one input channel is one for each channel.
  [[nodiscard]] Planes convolution(const Planes& x, const std::string& name, const std::string& norm,
                                   std::size_t stride, bool activated) const {
    const test::Values& w = model_.at(name + ".weight");
    const std::size_t n_in = w.shape[1], kernel = w.shape[2];
    const bool depthwise = n_in == 1;
    Planes out{(x.side + stride - 1) / stride, {}};
    const std::size_t reach = (out.side - 1) * stride + kernel;
    const std::size_t before = reach > x.side ? (reach - x.side) / 2 : 0;
    for (std::size_t o = 0; o < w.shape[0]; ++o) {
      auto& plane = out.channels.emplace_back();
      const auto of = [&](const char* part) { return double{model_.at(norm + part).data[o]}; };
      for (std::size_t p = 0; p < out.side * out.side; ++p) {
        double sum = 0;
        for (std::size_t i = 0; i < n_in; ++i) {
          for (std::size_t k = 0; k < kernel * kernel; ++k) {
            const std::size_t row = p / out.side * stride + k / kernel, column = p % out.side * stride + k % kernel;
            if (row < before || column < before || row - before >= x.side || column - before >= x.side) continue;
            sum += w.data[(o * n_in + i) * kernel * kernel + k] *
                   x.channels[depthwise ? o : i][(row - before) * x.side + column - before];
          }
        }
        const double y =
            (sum - of(".running_mean")) / std::sqrt(of(".running_var") + 1e-3) * of(".weight") + of(".bias");
        plane.push_back(activated ? std::min(std::max(y, 0.0), 6.0) : y);
      }
    }
    return out;
  }

  const test::Model& model_;
};

std::vector<float> some_image(int side, unsigned seed = 5) {
  std::mt19937 random(seed);
  std::uniform_real_distribution<float> value(-1.0F, 1.0F);
  std::vector<float> image(static_cast<std::size_t>(side * side * 3));
  for (float& x : image) x = value(random);
  return image;
}

struct Answers {
  std::vector<float> features, logits, hidden, point;  // features: inner ones as well
};

struct Loaded {
  Loaded(const gguf::Contents& contents, int threads, const kernels::Kernels& kernels)
      : pool(threads),
        bytes(gguf::to_bytes(contents).value()),
        weights(EfficientNetWeights::load(gguf::File::parse(bytes).value(), kernels, pool).value()),
        net(weights, pool) {}

  Answers operator()(std::span<const float> image) {
    const EfficientNetShape& s = weights.shape;
    Answers out{std::vector<float>(static_cast<std::size_t>(s.all_features())),
                std::vector<float>(static_cast<std::size_t>(s.classes)),
                std::vector<float>(static_cast<std::size_t>(s.hidden)),
                std::vector<float>(static_cast<std::size_t>(s.dimension))};
    net.forward(image, {out.features, out.logits, out.hidden, out.point});
    return out;
  }

  kernels::ThreadPool pool;
  std::vector<std::byte> bytes;
  EfficientNetWeights weights;
  EfficientNet net;
};

double cosine(std::span<const float> a, std::span<const double> b) {
  double both = 0, of_a = 0, of_b = 0;
  for (std::size_t i = 0; i < a.size(); ++i) {
    both += a[i] * b[i];
    of_a += double{a[i]} * a[i];
    of_b += b[i] * b[i];
  }
  return both / std::sqrt(of_a * of_b);
}

TEST(EfficientNet, ReadsItsShapeFromTheFile) {
  const auto projection = test::small_projection();
  const Loaded loaded(test::as_contents(test::small_efficient_net(), 50, TensorType::f32, &projection).value(), 1,
                      kernels::best_kernels());
  const EfficientNetShape& s = loaded.weights.shape;
  EXPECT_EQ(s.side, 50);
  EXPECT_EQ(s.stem, 32);  // filled up
  EXPECT_EQ(s.features, 64);
  EXPECT_EQ(s.classes, 10);
  EXPECT_EQ(s.dimension, 24);
  ASSERT_EQ(s.blocks.size(), test::small_blocks.size());
  EXPECT_FALSE(s.blocks[0].expands);
  EXPECT_FALSE(s.blocks[0].residual);  // though both sides have 32 channels
  EXPECT_TRUE(s.blocks[2].residual);
  EXPECT_EQ(s.blocks[3].kernel, 5);
  EXPECT_EQ(s.blocks[3].stride, 2);
  EXPECT_EQ(s.blocks[3].hidden, 64);
  EXPECT_EQ(s.last_side(), 2);
}

TEST(EfficientNet, AgreesWithThePlainPassOnEveryInstructionSet) {
  const test::Model model = test::small_efficient_net(), projection = test::small_projection();
  for (const int side : {32, 45, 50}) {  // even and odd pictures between the convolutions
    const auto image = some_image(side);
    const auto features = Reference(model).features(image, static_cast<std::size_t>(side));
    const auto logits = Reference::linear(model, "_fc", features);
    const auto point = Reference::linear(projection, "projection", features);
    const auto exact = test::as_contents(model, side, TensorType::f32, &projection).value();
    const auto rounded = test::as_contents(model, side, TensorType::q8_0, &projection).value();
    for (const kernels::Kernels* kernels : kernels::all_kernels()) {
      if (!kernels->supported_by_runtime_system()) continue;
      const Answers answers = Loaded(exact, 2, *kernels)(image);
      const auto expect_near = [&](const std::vector<float>& got, const std::vector<double>& expected) {
        ASSERT_EQ(got.size(), expected.size());
        for (std::size_t i = 0; i < got.size(); ++i) EXPECT_NEAR(got[i], expected[i], 2e-5) << kernels->name << i;
      };
      expect_near(answers.features, features);
      expect_near(answers.logits, logits);
      expect_near(answers.point, point);

      const Answers eight_bits = Loaded(rounded, 2, *kernels)(image);
      EXPECT_GT(cosine(eight_bits.features, features), 0.9995) << kernels->name;
      EXPECT_GT(cosine(eight_bits.point, point), 0.999) << kernels->name;
    }
  }
}

const gguf::WriteTensor& tensor_of(const gguf::Contents& contents, const std::string& name) {
  return *std::find_if(contents.tensors.begin(), contents.tensors.end(),
                       [&](const gguf::WriteTensor& tensor) { return tensor.name == name; });
}

// w x + b, of a layer in floats.
std::vector<double> layer(const gguf::Contents& contents, const std::string& name, std::span<const double> x) {
  const auto values = [&](const std::string& tensor) {
    const auto& t = tensor_of(contents, tensor);
    std::vector<float> out(t.data.size() / sizeof(float));
    gguf::dequantize(t.type, t.data, out);
    return out;
  };
  const auto weight = values(name + ".weight"), bias = values(name + ".bias");
  std::vector<double> out(bias.begin(), bias.end());
  for (std::size_t i = 0; i < out.size(); ++i) {
    for (std::size_t j = 0; j < x.size(); ++j) out[i] += weight[i * x.size() + j] * x[j];
  }
  return out;
}

TEST(EfficientNet, ReadsThePointFromAHiddenLayerOverAllFeatures) {
  const auto contents = test::with_hidden(test::as_contents(test::small_efficient_net(), 50, TensorType::f32).value());
  const auto image = some_image(50);
  for (const int threads : {1, 2, 5}) {
    const Answers answers = Loaded(contents, threads, kernels::best_kernels())(image);
    ASSERT_EQ(answers.features.size(), test::small_features + test::small_inner);
    auto hidden = layer(contents, "hidden", std::vector<double>(answers.features.begin(), answers.features.end()));
    for (double& h : hidden) h = std::clamp(h, 0.0, 6.0);
    const auto point = layer(contents, "projection", hidden);
    ASSERT_EQ(answers.hidden.size(), hidden.size());
    for (std::size_t i = 0; i < hidden.size(); ++i) EXPECT_NEAR(answers.hidden[i], hidden[i], 1e-4);
    for (std::size_t i = 0; i < point.size(); ++i) EXPECT_NEAR(answers.point[i], point[i], 1e-4);
  }
}

TEST(EfficientNet, InnerFeaturesAreTheMeansOfAnExpansion) {
  auto contents = test::with_hidden(test::as_contents(test::small_efficient_net(), 50, TensorType::f32).value());
  // An expansion that says 2 everywhere in its first 18 channels, -1 in the others.
  for (auto& tensor : contents.tensors) {
    if (tensor.name == "blk.1.expand.weight") std::fill(tensor.data.begin(), tensor.data.end(), std::byte{0});
    if (tensor.name != "blk.1.expand.bias") continue;
    std::vector<float> bias(32, -1);
    std::fill_n(bias.begin(), 18, 2.0F);
    std::copy_n(std::as_bytes(std::span(bias)).begin(), tensor.data.size(), tensor.data.begin());
  }
  const Answers answers = Loaded(contents, 2, kernels::best_kernels())(some_image(50));
  for (std::size_t i = 0; i < 32; ++i) EXPECT_EQ(answers.features[test::small_features + i], i < 18 ? 2 : 0) << i;
}

TEST(EfficientNet, ReadsMatricesOfAnyType) {
  const test::Model model = test::small_efficient_net();
  const auto image = some_image(40);
  const auto expected = Reference(model).features(image, 40);
  for (const auto& [type, least] : {std::pair(TensorType::f16, 0.99999), std::pair(TensorType::bf16, 0.9999),
                                    std::pair(TensorType::q4_1, 0.95), std::pair(TensorType::q4_0, 0.95)}) {
    Loaded net(test::as_contents(model, 40, type).value(), 1, kernels::best_kernels());
    EXPECT_GT(cosine(net(image).features, expected), least) << gguf::traits(type).name;
  }
}

TEST(EfficientNet, TheAnswerDependsNeitherOnThreadsNorOnEarlierPictures) {
  const auto contents = test::as_contents(test::small_efficient_net(), 50, TensorType::q8_0).value();
  const auto image = some_image(50), other = some_image(50, 6);
  Loaded one(contents, 1, kernels::best_kernels());
  const Answers expected = one(image);
  EXPECT_NE(one(other).features, expected.features);
  for (const int threads : {1, 2, 3, 7}) {
    Loaded net(contents, threads, kernels::best_kernels());
    net(other);
    const Answers answers = net(image);
    EXPECT_EQ(answers.features, expected.features) << threads;
    EXPECT_EQ(answers.logits, expected.logits) << threads;
  }
}

// What a file that was changed says when it is loaded.
Error error_of(const std::function<void(gguf::Contents&)>& change) {
  auto contents = test::as_contents(test::small_efficient_net(), 50, TensorType::q8_0).value();
  change(contents);
  const auto bytes = gguf::to_bytes(contents).value();
  kernels::ThreadPool pool(1);
  const auto weights = EfficientNetWeights::load(gguf::File::parse(bytes).value(), kernels::best_kernels(), pool);
  if (weights) return {ErrorCode::cancelled, "none"};
  return weights.error();
}
std::function<void(gguf::Contents&)> set(const std::string& key, const gguf::WriteValue& value) {
  return [=](gguf::Contents& contents) {
    for (auto& entry : contents.metadata) {
      if (entry.first == key) entry.second = value;
    }
  };
}
using Numbers = std::vector<std::uint32_t>;

TEST(EfficientNet, RefusesMetadataThatCannotBe) {
  EXPECT_EQ(error_of([](gguf::Contents&) {}).message, "none");
  EXPECT_EQ(error_of(set("general.architecture", std::string("bert"))).code, ErrorCode::unsupported);
  for (const std::uint32_t side : {0U, 31U, 513U, 0xFFFFFFFFU}) {
    EXPECT_EQ(error_of(set("efficientnet-lite.image_size", side)).code, ErrorCode::corrupt) << side;
  }
  EXPECT_EQ(error_of(set("efficientnet-lite.image_deviation", 0.0F)).code, ErrorCode::corrupt);
  EXPECT_EQ(error_of(set("efficientnet-lite.image_mean", std::nanf(""))).code, ErrorCode::corrupt);
  for (const Numbers& strides : {Numbers{}, Numbers(8, 1), Numbers(9, 0), Numbers(9, 3), Numbers(9, 0x80000001U)}) {
    EXPECT_EQ(error_of(set("efficientnet-lite.strides", strides)).code, ErrorCode::corrupt);
  }
  // Blocks that do not expand, have a stride or another number of channels behind them have no residual.
  for (const Numbers& residual : {Numbers(9, 2), Numbers(9, 1), Numbers{1, 0, 0, 0, 0, 0, 0, 0, 0},
                                  Numbers{0, 1, 0, 0, 0, 0, 0, 0, 0}, Numbers(64, 0)}) {
    EXPECT_EQ(error_of(set("efficientnet-lite.residual", residual)).code, ErrorCode::corrupt);
  }
  EXPECT_EQ(error_of(set("efficientnet-lite.classes", std::vector<std::string>())).code, ErrorCode::corrupt);
  EXPECT_EQ(error_of(set("efficientnet-lite.classes", std::vector<std::string>(11, "a"))).code, ErrorCode::corrupt);
}

TEST(EfficientNet, RefusesInnerBlocksAndHiddenLayersThatCannotBe) {
  const auto of = [](const std::function<void(gguf::Contents&)>& change) {
    return error_of([&](gguf::Contents& contents) {
      contents = test::with_hidden(std::move(contents));
      change(contents);
    });
  };
  EXPECT_EQ(of([](gguf::Contents&) {}).message, "none");
  // Block 0 does not expand; 9 is none; blocks stand in their order, once; other ones have other features.
  for (const Numbers& inner : {Numbers{0, 3}, Numbers{1, 9}, Numbers{3, 1}, Numbers{1, 1}, Numbers{1, 2}, Numbers{}}) {
    EXPECT_EQ(of(set("efficientnet-lite.inner", inner)).code, ErrorCode::corrupt);
  }
  for (const std::string name : {"hidden.bias", "projection.weight", "projection.bias"}) {
    EXPECT_EQ(of([&](gguf::Contents& contents) {
                std::erase_if(contents.tensors, [&](const auto& tensor) { return tensor.name == name; });
              }).code,
              ErrorCode::corrupt)
        << name;
  }
}

TEST(EfficientNet, RefusesAFileThatLacksATensorOrHasOneOfAnotherShape) {
  const auto contents = test::as_contents(test::small_efficient_net(), 50, TensorType::q8_0).value();
  for (std::size_t i = 0; i < contents.tensors.size(); ++i) {
    const std::string name = contents.tensors[i].name;
    const Error missing = error_of([&](gguf::Contents& c) { c.tensors[i].name = "another"; });
    EXPECT_NE(missing.message, "none") << name;
    const Error other = error_of([&](gguf::Contents& c) {
      auto& tensor = c.tensors[i];
      tensor.shape.insert(tensor.shape.begin(), 1);
    });
    EXPECT_EQ(other.code, ErrorCode::corrupt) << name;
    EXPECT_EQ(other.message.find('\n'), std::string::npos);
  }
}

TEST(EfficientNet, RefusesPicturesBetweenTheConvolutionsThatAreTooLarge) {
  const Error error = error_of([](gguf::Contents& contents) {
    set("efficientnet-lite.image_size", std::uint32_t{512})(contents);
    for (auto& tensor : contents.tensors) {
      if (tensor.name == "blk.1.expand.weight") {
        tensor.shape[0] = 4096;
        tensor.data.resize(4096 * gguf::row_bytes(tensor.type, 32));
      }
    }
  });
  EXPECT_EQ(error.code, ErrorCode::unsupported);
}

}  // namespace
}  // namespace updraft::encode
